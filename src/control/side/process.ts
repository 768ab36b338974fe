import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { UserError } from '../../user-error.ts'
import type { Context } from '../context.ts'
import { once } from '../tasks.ts'

/** What a side process says: that it is ready, then one answer or error for each question, and before it how far it is. */
export type Said<Answer> =
  | { is: 'ready' }
  | { is: 'progress'; progress: unknown }
  | { is: 'answer'; answer: Answer }
  | { is: 'error'; message: string; remedy: string | null; forPeople: boolean }

/** A process of its own for work that would hold up the bot's event loop, or may end the process that does it. */
export interface Side<Question, Answer> {
  /**
   * One question at a time. Throws UserError when the process says so, or says nothing for too long. `hear` is told how
   * far it is, where it says that.
   */
  ask: (question: Question, hear?: (progress: unknown) => void) => Promise<Answer>
  /** Whether it can still be asked. */
  alive: () => boolean
  close: () => void
}

const SECRETS: readonly string[] = ['DISCORD_TOKEN', 'FINETUNE_SECRET', 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/**
 * Starts a program that calls `answerQuestions` (answers.ts), and waits until it is ready. It ends with
 * `context.signal`, when it is closed, or when this process ends. No secret is in its environment: what it must know it is
 * asked with.
 */
export async function startSide<Question, Answer>(
  context: Context,
  { program, args, answerMs }: { program: URL; args: readonly string[]; answerMs: number },
): Promise<Side<Question, Answer>> {
  context.signal.throwIfAborted()
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.includes(name)))
  const file = basename(program.pathname)
  const child = fork(fileURLToPath(program), args, {
    execArgv: ['--import', TSX],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const close = () => void child.kill()
  context.signal.addEventListener('abort', close)
  child.on('error', (error) => context.log.warn({ err: error, file }, 'a side process reports an error'))
  void once(context, `${file} ${String(child.pid)}`, async () => {
    await new Promise((resolve) => child.once('exit', resolve))
    context.signal.removeEventListener('abort', close)
  })
  try {
    await nextSaid<Answer>(child, { answerMs })
  } catch (error) {
    close()
    throw error
  }
  return {
    close,
    alive: () => child.connected,
    ask: async (question, hear) => {
      const said = await nextSaid<Answer>(child, { question, answerMs, ...(hear ? { hear } : {}) })
      if (said.is !== 'answer') throw new Error(`Expected an answer of ${file}, got ${said.is}.`)
      return said.answer
    },
  }
}

/**
 * Sends a question, if any, and resolves with the next thing the process says but progress. Throws when it says an error,
 * ends, or is silent for `answerMs`.
 */
async function nextSaid<Answer>(
  child: ChildProcess,
  {
    question,
    answerMs,
    hear = () => undefined,
  }: { question?: unknown; answerMs: number; hear?: (progress: unknown) => void },
): Promise<Said<Answer>> {
  let stderr = ''
  const collect = (text: Buffer) => (stderr = `${stderr}${text.toString()}`.slice(-2_000))
  child.stderr?.on('data', collect)
  const said = await new Promise<Said<Answer>>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new UserError(`There was no answer within ${answerMs / 1000} seconds.`, 'Try again with less.'))
    }, answerMs)
    const settle = () => {
      clearTimeout(timer)
      child.off('message', heard)
      child.off('exit', gone)
      child.stderr?.off('data', collect)
    }
    const heard = (message: Said<Answer>) => {
      if (message.is === 'progress') {
        timer.refresh()
        hear(message.progress)
        return
      }
      settle()
      resolve(message)
    }
    const gone = (code: number | null, signal: string | null) => {
      settle()
      reject(new Error(`Expected an answer, but the side process ended (${String(signal ?? code)}): ${stderr}`))
    }
    child.on('message', heard)
    child.once('exit', gone)
    if (question === undefined) return
    child.send(question as object, (error) => {
      if (!error) return
      settle()
      reject(error)
    })
  })
  if (said.is !== 'error') return said
  throw said.forPeople ? new UserError(said.message, said.remedy) : new Error(said.message)
}
