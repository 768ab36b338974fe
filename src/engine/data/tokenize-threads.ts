import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../user-error.ts'
import type { Cut, Cutting } from './cut.ts'

/** As it stands in its folder; and packed into one file beside a packed engine, where it needs no loader. */
const WORKER = new URL('./tokenize-worker.ts', import.meta.url)
const PACKED = new URL('./tokenize-worker.mjs', import.meta.url)

/**
 * Rows that a thread takes at once, and how many such batches it has before it. The thread that hands them out may be busy
 * for a tenth of a second with something else meanwhile.
 */
const BATCH_ROWS = 32
const BATCHES_AHEAD = 8
const MOST_THREADS = 8

/** What a thread is told once, and for each batch. */
export interface ThreadStart {
  folder: string
  cutting: Cutting
}
export interface ThreadBatch {
  batch: number
  texts: readonly string[]
}

/** What a thread says: the cuts of a batch; or why it cannot use the tokenizer, as a UserError has it. */
export type ThreadAnswer = CutBatch | { refused: Pick<UserError, 'message' | 'remedy' | 'code'> }

/** All ids in one array: it is handed over, not copied. */
interface CutBatch {
  batch: number
  ids: Int32Array<ArrayBuffer>
  /** Where the ids of each text end */
  ends: Int32Array<ArrayBuffer>
  lengths: Int32Array<ArrayBuffer>
}

/** Threads that have begun to read a tokenizer, and will tokenize texts once. */
export interface TokenizingThreads {
  /**
   * Tokenizes texts, in their order. An error in a thread rejects, and aborting `signal` rejects with its reason; the threads
   * end with it.
   */
  cut: (work: {
    texts: readonly string[]
    progress: (done: number, of: number) => void
    signal: AbortSignal
  }) => Promise<Cut[]>
  /** Ends the threads, if they have not ended. */
  close: () => Promise<void>
}

/** Starts as many threads as there are cores (at most 8). They can be started before there are texts. */
export function startThreads({
  folder,
  cutting,
  threads = Math.min(MOST_THREADS, availableParallelism()),
}: ThreadStart & { threads?: number }): TokenizingThreads {
  const workers = Array.from({ length: threads }, () => startWorker({ folder, cutting }))
  const { promise: failed, reject: fail } = withResolvers<never>()
  // Nobody may be listening yet, or any more.
  failed.catch(() => undefined)
  for (const worker of workers) {
    worker.on('message', (answer: ThreadAnswer) => {
      if (!('refused' in answer)) return
      const { message, remedy, code } = answer.refused
      fail(new UserError(message, remedy, code))
    })
    worker.on('error', fail)
    worker.on('exit', (code) => fail(new Error(`A thread that tokenizes ended with ${code} before its work was done`)))
  }
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return {
    close,
    cut: async ({ texts, progress, signal }) => {
      const { promise: stopped, reject: stop } = withResolvers<never>()
      const onAbort = () => stop(signal.reason as Error)
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        signal.throwIfAborted()
        return await Promise.race([cutIn({ workers, texts, progress }), failed, stopped])
      } finally {
        signal.removeEventListener('abort', onAbort)
        await close()
      }
    },
  }
}

/** Hands out batches until all are back. */
function cutIn({
  workers,
  texts,
  progress,
}: {
  workers: readonly Worker[]
  texts: readonly string[]
  progress: (done: number, of: number) => void
}): Promise<Cut[]> {
  const cuts = new Array<Cut>(texts.length)
  const batches = Math.ceil(texts.length / BATCH_ROWS)
  const { promise, resolve } = withResolvers<Cut[]>()
  let next = 0
  let done = 0
  const give = (worker: Worker) => {
    if (next >= batches) return
    const from = next * BATCH_ROWS
    worker.postMessage({ batch: next++, texts: texts.slice(from, from + BATCH_ROWS) } satisfies ThreadBatch)
  }
  for (const worker of workers) {
    worker.on('message', (answer: ThreadAnswer) => {
      if ('refused' in answer) return
      const from = answer.batch * BATCH_ROWS
      answer.ends.forEach((end, i) => {
        const start = answer.ends[i - 1] ?? 0
        cuts[from + i] = { ids: answer.ids.subarray(start, end), length: answer.lengths[i] ?? 0 }
      })
      done += answer.ends.length
      progress(done, texts.length)
      give(worker)
      if (done === texts.length) resolve(cuts)
    })
  }
  // In turns, so that each has something before one has all.
  for (let i = 0; i < BATCHES_AHEAD; i++) workers.forEach(give)
  if (batches === 0) resolve(cuts)
  return promise
}

/** Characters from which on threads are worth their start: half a second, or a tenth where they are packed. */
export function charactersForThreads(): number {
  if (existsSync(PACKED)) return 1_000_000
  return existsSync(WORKER) ? 10_000_000 : Infinity
}

function startWorker(workerData: ThreadStart): Worker {
  return existsSync(PACKED)
    ? new Worker(PACKED, { workerData, execArgv: [] })
    : new Worker(bootOf(WORKER), { eval: true, workerData, execArgv: [] })
}

/** A thread does not inherit how its process reads TypeScript: it learns it first. */
function bootOf(worker: URL): string {
  const root = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))
  const tsx = new URL('dist/esm/api/index.mjs', root).href
  return `import('${tsx}').then(({ register }) => { register(); return import('${worker.href}') })`
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => undefined
  let reject: (reason: Error) => void = () => undefined
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
