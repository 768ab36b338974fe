import type { AppliedFix } from '../../storage/fixes.ts'
import type { Run } from '../../storage/runs.ts'
import { type Fix, fixId, writeDiff } from '../diagnosis/fix.ts'
import type { Arguments } from '../run/arguments.ts'
import { button, type Card, card, row, sentence, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { inlineCode, spoken } from './user-text.ts'

/** Asks before a fix is applied that changes what is trained. */
export function confirmFixCard({
  run,
  code,
  fix,
}: {
  run: Run
  code: string
  fix: Fix & { change: Partial<Arguments> }
}): Card {
  const diff = writeDiff(run.spec.args, fix.change)
  const why = fix.label.startsWith(`${diff}: `) ? fix.label.slice(diff.length + 2) : fix.label
  return card(
    text(
      `Relaunch ${runTitle(run)} with a change to what is trained?`,
      inlineCode(diff, 300),
      spoken(why, 320),
      `-# ${person(run.created_by)} started it, and the model will not be the one that was asked for.`,
    ),
    row(
      button({
        label: 'Change and relaunch',
        look: 'danger',
        action: 'fix-for-sure',
        run: run.id,
        arg: `${code}.${fixId(fix)}`,
      }),
    ),
  )
}

/** Opens the story of a run that mends another one, in the thread that they share. */
export function mendingCard(run: Run, { run_id, diff, actor }: Pick<AppliedFix, 'run_id' | 'diff' | 'actor'>): Card {
  return sentence(`↻ **${runTitle(run)}** repeats #${run_id} with ${inlineCode(diff, 300)}, by ${person(actor)}`)
}
