import type { Run } from '../../storage/runs.ts'
import type { ProblemType } from '../run/problem-type.ts'
import { type Card, card, container, ACCENT, text } from './layout.ts'
import { whatRuns } from './names.ts'
import { score, short } from './numbers.ts'
import { bar } from './sparkline.ts'
import { codeBlock, plain } from './user-text.ts'

export interface Prediction {
  text: string
  problem_type: ProblemType
  label: string
  score: number
  all: readonly { label: string; score: number }[]
}

const LABELS_SHOWN = 5
/** With several labels a text, all those above a half are said, as far as a card has room. */
const LABELS_SAID = 12

/** What a run's model says of a text; it stays where it was asked. */
export function predictionCard({ run, prediction }: { run: Run; prediction: Prediction }): Card {
  return card(
    container(
      ACCENT.live,
      text(
        answer(prediction),
        codeBlock(prediction.text, { length: 900 }),
        ...bars(prediction),
        `-# #${run.id} · ${whatRuns(run)}`,
      ),
    ),
  )
}

function answer(prediction: Prediction): string {
  switch (prediction.problem_type) {
    case 'single_label_classification':
      return `**${plain(prediction.label, 60)}** ${score(prediction.score)}`
    case 'regression':
      return `**${short(prediction.score)}**`
    case 'multi_label_classification': {
      const there = likelyFirst(prediction).filter((each) => each.score > 0.5)
      if (there.length === 0) return '**no label** is likelier than not'
      const said = there.slice(0, LABELS_SAID).map((each) => `**${plain(each.label, 60)}** ${score(each.score)}`)
      const more = there.length > LABELS_SAID ? [`and ${there.length - LABELS_SAID} more`] : []
      return [...said, ...more].join(' · ')
    }
  }
}

function bars(prediction: Prediction): string[] {
  if (prediction.problem_type === 'regression') return []
  return likelyFirst(prediction)
    .slice(0, LABELS_SHOWN)
    .map((each) => `-# ${bar(each.score, 10)} ${score(each.score)} ${plain(each.label, 60)}`)
}

function likelyFirst({ all }: Prediction): { label: string; score: number }[] {
  return [...all].sort((a, b) => b.score - a.score)
}
