// One of several threads that try to make every move of the same runs; answers how many it made.
import { parentPort, workerData } from 'node:worker_threads'
import { tsImport } from 'tsx/esm/api'

const { openDatabase } = await tsImport('../../storage/database.ts', import.meta.url)
const { transition } = await tsImport('../../storage/moves.ts', import.meta.url)
const { path, actor, runs } = workerData
const database = openDatabase(path)
let won = 0
for (const id of runs) {
  const ending = { is: 'cancelled', by: actor }
  if (transition(database, { id, from: 'draft', to: 'queued', actor })) won += 1
  const set = { launch: `${actor}-${id}`, folder: '/r' }
  if (transition(database, { id, from: 'queued', to: 'preparing', actor, set })) won += 1
  if (transition(database, { id, from: 'preparing', to: 'cancelled', actor, set: { ending } })) won += 1
}
database.close()
parentPort.postMessage(won)
