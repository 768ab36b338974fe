import type { Run } from '../../storage/runs.ts'
import type { Finding } from '../run/finding.ts'
import { argumentLines } from './arguments.ts'
import { ACCENT, button, type Card, card, container, row, separator, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { clip, inlineCode, spoken } from './user-text.ts'

export const SMOKE_TEST_STEPS = 5

/** Findings, refused words and renames can be many; the card's 4000 characters are shared with the arguments. */
const LINES_LENGTH = 1600

export interface Draft {
  run: Run
  findings: readonly Finding[]
  /** Checks that have not answered yet. */
  pending: number
  /** What was understood in another way than it was written. */
  notices: readonly string[]
}

/** What would run, what is known about it, and the buttons that decide. */
export function draftCard({ run, findings, pending, notices }: Draft): Card {
  const failed = findings.filter((finding) => finding.outcome === 'failed')
  const { model, dataset, args } = run.spec
  const repeats = run.parent_id === null ? '' : ` · after #${run.parent_id}`
  return card(
    container(
      failed.length > 0 ? ACCENT.bad : ACCENT.draft,
      text(
        `### Draft ${runTitle(run)}`,
        `${inlineCode(model)} on ${inlineCode(dataset)}`,
        `-# for ${person(run.created_by)}${repeats}`,
      ),
      separator(),
      text(clip([rowsLine(run), ...argumentLines(args)].join('\n'), 1600)),
      separator(),
      text(
        clip(
          [
            ...notices.map((notice) => `→ ${spoken(notice, 200)}`),
            ...findings.map(findingLine),
            ...(pending > 0 ? [`-# … ${pending === 1 ? 'one check is' : `${pending} checks are`} still running`] : []),
            ...(findings.length === 0 && pending === 0 ? ['-# Nothing to report.'] : []),
          ].join('\n'),
          LINES_LENGTH,
        ),
      ),
      failed[0] ? text(`-# Launch waits: ${spoken(failed[0].remedy ?? failed[0].text, 200)}`) : null,
    ),
    row(
      button({ label: 'Launch', look: 'success', disabled: failed.length > 0, action: 'launch', run: run.id }),
      button({
        label: `Smoke test: ${SMOKE_TEST_STEPS} steps`,
        disabled: failed.length > 0,
        action: 'smoke-test',
        run: run.id,
      }),
      button({ label: 'Edit', action: 'edit', run: run.id }),
    ),
    row(
      button({ label: 'Preview', action: 'preview', run: run.id }),
      button({ label: 'Python', action: 'python', run: run.id }),
      button({ label: 'Discard', action: 'discard', run: run.id }),
    ),
  )
}

/** What is left of a draft that nobody wanted. */
export function discardedCard(run: Run, by: string | null): Card {
  return card(text(`-# – Draft ${runTitle(run)} was discarded${by === null ? '' : ` by ${person(by)}`}.`))
}

const MARKS = { ok: '✓', warning: '⚠', failed: '✗' } as const

function findingLine({ outcome, text: said, remedy }: Finding): string {
  const line = `${MARKS[outcome]} ${spoken(said, 400)}`
  return remedy === null ? line : `${line}\n-# ${spoken(remedy, 300)}`
}

function rowsLine({ spec: { args } }: Run): string {
  const train = args.max_train_samples === null ? 'all' : `up to ${args.max_train_samples}`
  const evaluated = args.max_eval_samples === null ? 'all' : `up to ${args.max_eval_samples}`
  const order = args.shuffle_seed === null ? 'in their order' : `shuffled with seed ${args.shuffle_seed}`
  return `rows ${train} to train, ${evaluated} to evaluate, ${order}`
}
