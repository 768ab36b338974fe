import { join } from 'node:path'
import { RUN_FOLDER } from '../run/run-file.ts'
import { UserError } from '../user-error.ts'
import { type Context, timingOf } from './context.ts'
import { askedRun } from './find.ts'
import { startSide } from './side-process.ts'

export interface Scored {
  label: string
  /** Probability, 0 to 1. */
  score: number
}

export interface Prediction extends Scored {
  text: string
  /** Every label, the most likely first. */
  all: Scored[]
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
  return await inTurn(context, async () => {
    const classifier = await warmClassifier(context, id, join(folder, RUN_FOLDER.model))
    const asked = texts.map((text) => text.slice(0, LONGEST_TEXT))
    const labels = await classifier.ask(asked)
    return texts.map((text, index) => {
      const all = labels[index] ?? []
      const [best] = all
      if (!best) throw new Error(`Expected labels for text ${index + 1} of ${texts.length}, got none.`)
      return { text, ...best, all }
    })
  })
}

interface Classifier {
  id: number
  ask: (texts: readonly string[]) => Promise<Scored[][]>
  alive: () => boolean
  close: () => void
}

const turns = new WeakMap<Context, Promise<unknown>>()
const warm = new WeakMap<Context, Classifier>()

async function inTurn<Result>(context: Context, work: () => Promise<Result>): Promise<Result> {
  const turn = (turns.get(context) ?? Promise.resolve()).then(work)
  turns.set(
    context,
    turn.catch(() => undefined),
  )
  return await turn
}

async function warmClassifier(context: Context, id: number, folder: string): Promise<Classifier> {
  const kept = warm.get(context)
  if (kept?.id === id && kept.alive()) return kept
  kept?.close()
  return await startClassifier(context, id, folder)
}

/** Starts the process and waits until the model is loaded; it ends when it is not asked for a while. */
async function startClassifier(context: Context, id: number, folder: string): Promise<Classifier> {
  const { keepClassifier } = timingOf(context)
  const side = await startSide<readonly string[], Scored[][]>(context, {
    file: 'predict-process.ts',
    args: [folder],
    answerMs: ANSWER_MS,
  })
  let idle: NodeJS.Timeout | undefined
  const close = () => {
    clearTimeout(idle)
    if (warm.get(context) === classifier) warm.delete(context)
    side.close()
  }
  const classifier: Classifier = {
    id,
    close,
    alive: side.alive,
    ask: async (texts) => {
      clearTimeout(idle)
      try {
        return await side.ask(texts)
      } catch (error) {
        // The process may be gone: the next question gets a new one.
        close()
        throw error
      } finally {
        if (warm.get(context) === classifier) idle = setTimeout(close, keepClassifier)
      }
    },
  }
  context.signal.addEventListener('abort', close, { once: true })
  warm.set(context, classifier)
  return classifier
}
