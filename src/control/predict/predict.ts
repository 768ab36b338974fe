import { join } from 'node:path'
import type { ProblemType } from '../../run/problem-type.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import { UserError } from '../../user-error.ts'
import type { Context } from '../context.ts'
import { askedRun } from '../find.ts'
import { askKept } from '../side/kept.ts'

export interface Scored {
  label: string
  /** Probability, 0 to 1; of a regression the value. */
  score: number
}

export interface Prediction extends Scored {
  text: string
  problem_type: ProblemType
  /** Every label, the most likely first. */
  all: Scored[]
}

/** What the process with the model answers. */
export interface Asked {
  problem_type: ProblemType
  labels: Scored[][]
}

/** Longer texts are cut: no model here reads that far, and a tokenizer takes its time. */
const LONGEST_TEXT = 20_000
const ANSWER_MS = 60_000

/**
 * Asks the model of a run about texts. The model stays loaded in a process of its own for a few minutes; questions are
 * answered one after the other. Throws UserError when the run has no model, or it cannot be loaded.
 */
export async function predict(
  context: Context,
  { id, texts }: { id: number; texts: readonly string[] },
): Promise<Prediction[]> {
  const { state, folder } = askedRun(context, id)
  if (folder === null || (state !== 'completed' && state !== 'stopped')) {
    throw new UserError(
      `Run #${id} is ${state} and has no model.`,
      'Ask a run that is completed, or stopped and saved.',
    )
  }
  const { problem_type, labels } = await askKept<Asked>(
    context,
    {
      program: new URL('./predict-process.ts', import.meta.url),
      args: [join(folder, RUN_FOLDER.model)],
      answerMs: ANSWER_MS,
    },
    texts.map((text) => text.slice(0, LONGEST_TEXT)),
  )
  return texts.map((text, index) => {
    const all = labels[index] ?? []
    const [best] = all
    if (!best) throw new Error(`Expected labels for text ${index + 1} of ${texts.length}, got none.`)
    return { text, problem_type, ...best, all }
  })
}
