import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Cut, Cutting } from './cut.ts'

/** As it stands in its folder; and packed into one file beside a packed engine, where it needs no loader. */
const WORKER = new URL('./tokenize-worker.ts', import.meta.url)
const PACKED = new URL('./tokenize-worker.mjs', import.meta.url)

/** Rows that a thread takes at once, and how many such batches it has before it: one to work on, one to go on with. */
const BATCH_ROWS = 64
const BATCHES_AHEAD = 2
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

/** The cuts of a batch, all ids in one array: it is handed over, not copied. */
export interface ThreadAnswer {
  batch: number
  ids: Int32Array<ArrayBuffer>
  /** Where the ids of each text end */
  ends: Int32Array<ArrayBuffer>
  lengths: Int32Array<ArrayBuffer>
}

/**
 * Tokenizes texts in as many threads as there are cores (at most 8). The order is that of the texts. An error in a thread
 * rejects, and aborting `signal` rejects with its reason; no thread outlives the promise.
 */
export async function tokenizeInThreads({
  texts,
  folder,
  cutting,
  progress,
  signal,
  threads = Math.min(MOST_THREADS, availableParallelism()),
}: {
  texts: readonly string[]
  folder: string
  cutting: Cutting
  progress: (done: number, of: number) => void
  signal: AbortSignal
  threads?: number
}): Promise<Cut[]> {
  signal.throwIfAborted()
  const batches = Math.ceil(texts.length / BATCH_ROWS)
  const cuts = new Array<Cut>(texts.length)
  const workers = Array.from({ length: Math.min(threads, batches) }, () => startWorker({ folder, cutting }))
  let next = 0
  let done = 0
  const give = (worker: Worker) => {
    if (next >= batches) return
    const from = next * BATCH_ROWS
    worker.postMessage({ batch: next++, texts: texts.slice(from, from + BATCH_ROWS) } satisfies ThreadBatch)
  }

  const { promise, resolve, reject } = withResolvers()
  const stop = () => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  for (const worker of workers) {
    worker.on('error', reject)
    worker.on('exit', (code) =>
      reject(new Error(`A thread that tokenizes ended with ${code} before its work was done`)),
    )
    worker.on('message', (answer: ThreadAnswer) => {
      const from = answer.batch * BATCH_ROWS
      answer.ends.forEach((end, i) => {
        const start = answer.ends[i - 1] ?? 0
        cuts[from + i] = { ids: answer.ids.subarray(start, end), length: answer.lengths[i] ?? 0 }
      })
      done += answer.ends.length
      progress(done, texts.length)
      give(worker)
      if (done === texts.length) resolve()
    })
    for (let i = 0; i < BATCHES_AHEAD; i++) give(worker)
  }
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', stop)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return cuts
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
function withResolvers() {
  let resolve: () => void = () => undefined
  let reject: (reason: Error) => void = () => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
