import { createHash } from 'node:crypto'
import type { Run } from '../../storage/runs.ts'
import type { RunView } from '../run/view.ts'
import { writeFreeLine } from '../run/free-line.ts'
import { changedArguments } from '../run/spec.ts'
import { moment } from './durations.ts'
import { type Card, card, container, ACCENT, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { count } from './numbers.ts'
import { resumedLine } from './resume.ts'
import { codeBlock, inlineCode, plain } from './user-text.ts'

/** What somebody needs to get the same numbers again. */
export function receiptCard({ run, view }: { run: Run; view: RunView }): Card {
  const { model, dataset, dataset_config_name, args } = run.spec
  const { model: fromModel = null, dataset: fromDataset = null } = view.hub ?? {}
  const config = dataset_config_name ?? fromDataset?.config_name ?? null
  const changed = Object.fromEntries(changedArguments(args).map((name) => [name, args[name]]))
  const versions = Object.entries(view.executor?.versions ?? {})
  return card(
    container(
      ACCENT.draft,
      text(`### Receipt of ${runTitle(run)}`, `-# started by ${person(run.created_by)}, ${moment(run.created_at)}`),
      text(
        `model ${inlineCode(fromModel?.name ?? model)}`,
        ...revisionLine(run.spec.model_revision ?? fromModel?.revision),
        `dataset ${inlineCode(fromDataset?.name ?? dataset)}${config === null ? '' : `, configuration ${inlineCode(config)}`}`,
        ...revisionLine(run.spec.dataset_revision ?? fromDataset?.revision),
        ...(view.data ? [`${count(view.data.train_rows, 'row')} to train, ${view.data.eval_rows} to evaluate`] : []),
        `seed ${inlineCode(String(args.seed))}${args.data_seed === null ? '' : ` · data_seed ${inlineCode(String(args.data_seed))}`}`,
        `spec ${inlineCode(specHash(run))}`,
        ...resumedLine(run, view),
        ...(run.parent_id !== null && run.resume_from === null ? [`made from #${run.parent_id}`] : []),
      ),
      Object.keys(changed).length === 0
        ? text('all arguments are the defaults')
        : text(
            'arguments that differ from the default',
            codeBlock(writeFreeLine(changed).replaceAll(', ', '\n'), { length: 1200 }),
          ),
      text(
        `host ${plain(run.host)}${view.executor ? ` · ${plain(view.executor.device)}` : ''}`,
        ...(view.executor ? [`executor ${inlineCode(view.executor.name)}: ${plain(view.executor.why, 200)}`] : []),
        ...(versions.length > 0 ? [codeBlock(versions.map((pair) => pair.join(' ')).join('\n'), { length: 700 })] : []),
        ...(run.folder === null ? [] : [`folder ${inlineCode(run.folder, 200)}`]),
      ),
    ),
  )
}

/** The whole commit, so that it can be copied. */
function revisionLine(revision: string | undefined): string[] {
  return revision === undefined ? [] : [`-# revision ${inlineCode(revision)}`]
}

/** Twelve digits that two runs share exactly when they were asked to do the same. */
export function specHash(run: Pick<Run, 'spec'>): string {
  return createHash('sha256').update(JSON.stringify(run.spec)).digest('hex').slice(0, 12)
}
