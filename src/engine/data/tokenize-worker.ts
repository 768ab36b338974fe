/** A thread that tokenizes the batches it is given: see tokenize-threads.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../user-error.ts'
import { type Cut, loadCutter } from './cut.ts'
import type { ThreadAnswer, ThreadBatch, ThreadStart } from './tokenize-threads.ts'

const cut = await loadCutter(workerData as ThreadStart).catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error
  const { message, remedy, code } = error
  // Its class would be lost on the way.
  tell({ refused: { message, remedy, code } })
  return (): Cut => ({ ids: new Int32Array(), length: 0 })
})

parentPort?.on('message', ({ batch, texts }: ThreadBatch) => {
  const cuts = texts.map(cut)
  const ids = new Int32Array(cuts.reduce((sum, each) => sum + each.ids.length, 0))
  const ends = new Int32Array(cuts.length)
  let end = 0
  cuts.forEach((each, i) => {
    ids.set(each.ids, end)
    ends[i] = end += each.ids.length
  })
  const lengths = Int32Array.from(cuts, ({ length }) => length)
  tell({ batch, ids, ends, lengths }, [ids.buffer, ends.buffer, lengths.buffer])
})

function tell(answer: ThreadAnswer, handed: ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, handed)
}
