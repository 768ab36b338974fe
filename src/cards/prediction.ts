import { type Card, card, container, ACCENT, text } from './layout.ts'
import { runTitle } from './names.ts'
import type { Run } from '../../storage/runs.ts'
import { score } from './numbers.ts'
import { bar } from './sparkline.ts'
import { codeBlock, plain } from './user-text.ts'

export interface Prediction {
  text: string
  label: string
  score: number
  all: readonly { label: string; score: number }[]
}

const LABELS_SHOWN = 5

/** What a run's model says of a text; it stays where it was asked. */
export function predictionCard({ run, prediction }: { run: Run; prediction: Prediction }): Card {
  const best = [...prediction.all].sort((a, b) => b.score - a.score).slice(0, LABELS_SHOWN)
  return card(
    container(
      ACCENT.live,
      text(
        `**${plain(prediction.label, 60)}** ${score(prediction.score)}`,
        codeBlock(prediction.text, { length: 900 }),
        ...best.map((each) => `-# ${bar(each.score, 10)} ${score(each.score)} ${plain(each.label, 60)}`),
        `-# ${runTitle(run)}`,
      ),
    ),
  )
}
