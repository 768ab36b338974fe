import type { Run } from '../../storage/runs.ts'
import { fixId } from '../diagnosis/fix.ts'
import type { ArgumentName } from '../run/arguments.ts'
import type { Finding, Offer } from '../run/finding.ts'
import { argumentLines } from './arguments.ts'
import { ACCENT, button, type Card, card, container, row, separator, text } from './layout.ts'
import { BUTTONS_PER_ROW } from './limits.ts'
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
  const offers = offersOf(run, findings)
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
            ...findings.map((finding, index) => findingLine(finding, findings[index + 1])),
            ...(pending > 0 ? [`-# … ${pending === 1 ? 'one check is' : `${pending} checks are`} still running`] : []),
            ...(findings.length === 0 && pending === 0 ? ['-# Nothing to report.'] : []),
          ].join('\n'),
          LINES_LENGTH,
        ),
      ),
      offers.length > 0
        ? row(
            ...offers.map(({ label, change }) =>
              button({ label, look: 'primary', action: 'take', run: run.id, arg: fixId({ change }) }),
            ),
          )
        : null,
      failed.length > 0 ? text(waiting(failed)) : null,
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
      ...(failed.length > 0 ? [button({ label: 'Check again', action: 'check-again', run: run.id })] : []),
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

/** A remedy that the next line has too is said after that one. */
function findingLine({ outcome, text: said, remedy }: Finding, next: Finding | undefined): string {
  const line = `${MARKS[outcome]} ${spoken(said, 400)}`
  return remedy === null || remedy === next?.remedy ? line : `${line}\n-# ${spoken(remedy, 300)}`
}

/** Why Launch cannot be pressed, and what leads on from here. */
function waiting(failed: readonly Finding[]): string {
  const named = failed.some(({ check }) => check === 'model' || check === 'dataset')
  const other = named ? ' Another model or dataset is another `/finetune start`.' : ''
  return `-# Launch waits for ${failed.length === 1 ? 'the line' : `the ${failed.length} lines`} with ✗: press Edit, or mend it where it is and press Check again.${other}`
}

/** What findings offer, each change once; as many as fit into a row. */
function offersOf({ spec: { args } }: Run, findings: readonly Finding[]): Offer[] {
  const all = findings
    .flatMap(({ offers = [] }) => offers)
    .filter(({ change }) => Object.entries(change).some(([name, value]) => args[name as ArgumentName] !== value))
  return all
    .filter(({ change }, index) => all.findIndex((other) => fixId(other) === fixId({ change })) === index)
    .slice(0, BUTTONS_PER_ROW)
}

function rowsLine({ spec: { args } }: Run): string {
  const train = args.max_train_samples === null ? 'all' : `up to ${args.max_train_samples}`
  const evaluated = args.max_eval_samples === null ? 'all' : `up to ${args.max_eval_samples}`
  const order = args.shuffle_seed === null ? 'in their order' : `shuffled with seed ${args.shuffle_seed}`
  return `rows ${train} to train, ${evaluated} to evaluate, ${order}`
}
