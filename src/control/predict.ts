import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { RUN_FOLDER } from '../run/run-file.ts'
import { UserError } from '../user-error.ts'
import { type Context, timingOf } from './context.ts'
import { askedRun } from './find.ts'
import { once } from './tasks.ts'

/** What predict-process.ts is asked, and what it says. */
export interface Question {
  texts: readonly string[]
}
export type Answer =
  | { is: 'ready' }
  | { is: 'labels'; labels: Scored[][] }
  | { is: 'error'; message: string; remedy: string | null; forPeople: boolean }

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

const PROCESS = fileURLToPath(new URL('predict-process.ts', import.meta.url))
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

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
  if (kept?.id === id) return kept
  kept?.close()
  return await startClassifier(context, id, folder)
}

/** Starts the process and waits until the model is loaded; it ends when it is not asked for a while. */
async function startClassifier(context: Context, id: number, folder: string): Promise<Classifier> {
  context.signal.throwIfAborted()
  const { keepClassifier } = timingOf(context)
  const env = { ...process.env }
  delete env['DISCORD_TOKEN']
  const child = fork(PROCESS, [folder], {
    execArgv: ['--import', TSX],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })

  let idle: NodeJS.Timeout | undefined
  const close = () => {
    clearTimeout(idle)
    if (warm.get(context) === classifier) warm.delete(context)
    child.kill()
  }
  const classifier: Classifier = {
    id,
    close,
    ask: async (texts) => {
      clearTimeout(idle)
      const answer = await nextAnswer(child, { texts } satisfies Question)
      idle = setTimeout(close, keepClassifier)
      if (answer.is !== 'labels') throw new Error(`Expected labels, got ${answer.is}.`)
      return answer.labels
    },
  }
  context.signal.addEventListener('abort', close)
  child.on('error', (error) => context.log.warn({ err: error, run: id }, 'the process of a model reports an error'))
  void once(context, `classifier ${String(child.pid)}`, async () => {
    await new Promise((resolve) => child.once('exit', resolve))
    context.signal.removeEventListener('abort', close)
    close()
  })
  try {
    await nextAnswer(child, null)
  } catch (error) {
    close()
    throw error
  }
  warm.set(context, classifier)
  return classifier
}

/** Sends a question, if any, and resolves with the next thing the process says. Throws when it says an error or ends. */
async function nextAnswer(child: ChildProcess, question: Question | null): Promise<Answer> {
  let stderr = ''
  const collect = (text: Buffer) => (stderr = `${stderr}${text.toString()}`.slice(-2_000))
  child.stderr?.on('data', collect)
  const answer = await new Promise<Answer>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new UserError(`The model did not answer within ${ANSWER_MS / 1000} seconds.`, 'Try a shorter text.'))
    }, ANSWER_MS)
    const settle = () => {
      clearTimeout(timer)
      child.off('message', heard)
      child.off('exit', gone)
      child.stderr?.off('data', collect)
    }
    const heard = (message: Answer) => {
      settle()
      resolve(message)
    }
    const gone = (code: number | null, signal: string | null) => {
      settle()
      reject(new Error(`Expected an answer of the model, but its process ended (${String(signal ?? code)}): ${stderr}`))
    }
    child.once('message', heard)
    child.once('exit', gone)
    if (!question) return
    child.send(question, (error) => {
      if (!error) return
      settle()
      reject(error)
    })
  })
  if (answer.is !== 'error') return answer
  throw answer.forPeople ? new UserError(answer.message, answer.remedy) : new Error(answer.message)
}
