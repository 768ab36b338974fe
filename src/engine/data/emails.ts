import { EMAIL_LABELS, readEmails, selectEmails } from '../../builtin/emails/emails.ts'
import type { Email } from '../../builtin/emails/clean.ts'
import type { Arguments } from '../../run/arguments.ts'
import { permutation } from '../random/pcg64.ts'
import type { Problem } from '../problem.ts'
import { CHARACTERS_A_TOKEN } from './cut.ts'
import type { Dataset, Progress } from './dataset.ts'
import { notesOf } from './notes.ts'

export const EMAIL_PROBLEM: Problem = { type: 'single_label_classification', labels: EMAIL_LABELS }

/**
 * The built-in e-mails as a dataset. Which rows are used depends on how many are asked for, never on a seed; `shuffle_seed`
 * only changes their order.
 */
export async function loadEmails({
  args,
  cache_folder,
  signal,
  progress,
  expect,
}: {
  args: Arguments
  cache_folder: string
  signal: AbortSignal
  progress: Progress
  expect: (characters: number) => void
}): Promise<Dataset> {
  const emails = await readEmails({
    cache_folder,
    signal,
    progress: (done, of) => progress('cleaning the e-mails', done, of),
  })
  // Most of them are used unless somebody asks for few.
  expect(emails.reduce((sum, { text }) => sum + Math.min(text.length, args.max_length * CHARACTERS_A_TOKEN), 0))
  const rowsOf = (split: Email['split'], rows: number | null) => {
    const { selected, available } = selectEmails({ emails, split, rows })
    const numbered = selected.map(({ id, text, label }) => ({ id, text, label: EMAIL_LABELS.indexOf(label) }))
    return { rows: shuffled(numbered, args.shuffle_seed), available }
  }
  const train = rowsOf('train', args.max_train_samples)
  const test = rowsOf('test', args.max_eval_samples)
  return {
    train: train.rows,
    eval: test.rows,
    trainAvailable: train.available,
    evalAvailable: test.available,
    from: null,
    problem: EMAIL_PROBLEM,
    notes: notesOf({ train: train.rows, eval: test.rows, problem: EMAIL_PROBLEM }),
  }
}

function shuffled<Item>(items: readonly Item[], seed: number | null): Item[] {
  if (seed === null) return [...items]
  return Array.from(permutation(items.length, seed), (i) => items[i] as Item)
}
