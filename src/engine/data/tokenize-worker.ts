/** A thread that tokenizes the batches it is given: see tokenize-threads.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { cut } from './cut.ts'
import type { ThreadAnswer, ThreadBatch, ThreadStart } from './tokenize-threads.ts'
import { loadTokenizer } from './tokenizer.ts'

const { folder, cutting } = workerData as ThreadStart
const tokenizer = await loadTokenizer(folder)

parentPort?.on('message', ({ batch, texts }: ThreadBatch) => {
  const cuts = texts.map((text) => cut(text, tokenizer, cutting))
  const ids = new Int32Array(cuts.reduce((sum, each) => sum + each.ids.length, 0))
  const ends = new Int32Array(cuts.length)
  let end = 0
  cuts.forEach((each, i) => {
    ids.set(each.ids, end)
    ends[i] = end += each.ids.length
  })
  const answer: ThreadAnswer = { batch, ids, ends, lengths: Int32Array.from(cuts, ({ length }) => length) }
  parentPort?.postMessage(answer, [ids.buffer, ends.buffer, answer.lengths.buffer])
})
