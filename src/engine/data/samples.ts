import { readEmails, selectEmails } from '../../builtin/emails/emails.ts'
import { BUILTIN_EMAILS } from '../../builtin/known.ts'
import type { Arguments } from '../../run/arguments.ts'
import type { Problem, Target } from '../problem.ts'
import { collect } from './collect.ts'
import { scan } from './scan.ts'
import { select } from './select.ts'
import { type NamedDataset, openSource } from './source.ts'

/** A row for people to look at. */
export interface Sample {
  text: string
  /** Names of its labels; in regression the value */
  labels: string[]
}

/** The first rows that a run would select for training, in its order, cut as it would cut them. Throws UserError. */
export async function sampleDataset({
  rows,
  args,
  cache_folder,
  signal,
  ...named
}: NamedDataset & {
  rows: number
  args: Arguments
  cache_folder: string
  signal: AbortSignal
}): Promise<Sample[]> {
  if (named.dataset === BUILTIN_EMAILS) {
    const emails = await readEmails({ cache_folder, signal })
    const { selected } = selectEmails({ emails, split: 'train', rows: args.max_train_samples })
    const order = select(selected.length, rows, args)
    return Array.from(order, (row) => selected[row]).flatMap((email) =>
      email ? [{ text: email.text, labels: [email.label] }] : [],
    )
  }
  const { train, text, problem, targetOf } = await scan({
    source: await openSource(named),
    args,
    texts: false,
    signal,
  })
  const collected = await collect({
    split: train,
    targetOf,
    text_column: text.name,
    selected: select(train.rows, Math.min(rows, args.max_train_samples ?? rows), args),
    max_length: args.max_length,
    truncation_side: args.truncation_side,
    signal,
    progress: () => undefined,
  })
  return collected.map((row) => ({ text: row.text, labels: namesOf(row.label, problem) }))
}

function namesOf(target: Target, { type, labels }: Problem): string[] {
  if (type === 'regression') return [String(target)]
  return [target].flat().map((label) => labels[label] ?? String(label))
}
