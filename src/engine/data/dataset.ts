import { EMAIL_LABELS, readEmails, selectEmails } from '../../builtin/emails/emails.ts'
import { BUILTIN_EMAILS } from '../../builtin/known.ts'
import type { RunFile } from '../../run/run-file.ts'
import { UserError } from '../../user-error.ts'
import { permutation } from '../random/pcg64.ts'

export interface Row {
  id: string
  text: string
  /** Place in `labels` */
  label: number
}

/** The rows of a run, selected and in order. */
export interface Dataset {
  train: Row[]
  eval: Row[]
  trainAvailable: number
  evalAvailable: number
  labels: string[]
}

/** What a slow part is, and how far it has come. */
export type Progress = (what: string, done: number, of: number) => void

export async function loadDataset({
  run,
  signal,
  progress = () => undefined,
}: {
  run: RunFile
  signal: AbortSignal
  progress?: Progress
}): Promise<Dataset> {
  if (run.spec.dataset !== BUILTIN_EMAILS) throw new UserError(`There is no dataset \`${run.spec.dataset}\`.`)
  return builtinEmails({ run, signal, progress })
}

async function builtinEmails({
  run,
  signal,
  progress,
}: {
  run: RunFile
  signal: AbortSignal
  progress: Progress
}): Promise<Dataset> {
  const { args } = run.spec
  const emails = await readEmails({
    cache_folder: run.cache_folder,
    signal,
    progress: (done, of) => progress('cleaning the e-mails', done, of),
  })
  const rowsOf = (split: 'train' | 'test', rows: number | null) => {
    const { selected, available } = selectEmails({ emails, split, rows })
    const numbered = selected.map(({ id, text, label }) => ({ id, text, label: EMAIL_LABELS.indexOf(label) }))
    return { rows: inOrder(numbered, args.shuffle_seed), available }
  }
  const train = rowsOf('train', args.max_train_samples)
  const test = rowsOf('test', args.max_eval_samples)
  return {
    train: train.rows,
    eval: test.rows,
    trainAvailable: train.available,
    evalAvailable: test.available,
    labels: [...EMAIL_LABELS],
  }
}

function inOrder(rows: Row[], seed: number | null): Row[] {
  if (seed === null) return rows
  return Array.from(permutation(rows.length, seed), (i) => rows[i]).filter((row) => row !== undefined)
}
