/** Looks into datasets: reading and cleaning take seconds of arithmetic. */
import { inspectDataset, type Inspection } from '../engine/data/inspect.ts'
import type { ToInspect } from './inspect.ts'
import { answerQuestions } from './side-answers.ts'

await answerQuestions(() =>
  Promise.resolve((asked: ToInspect): Promise<Inspection> =>
    inspectDataset({ ...asked, signal: new AbortController().signal }),
  ),
)
