/** Looks into datasets: reading and cleaning take seconds of arithmetic. */
import { inspectDataset, type Inspection } from '../../engine/data/inspect.ts'
import { sampleDataset, type Sample } from '../../engine/data/samples.ts'
import { secretToken } from '../../hub/token.ts'
import type { ToInspect } from './inspect.ts'
import { answerQuestions, type Tell } from '../side/answers.ts'

await answerQuestions(() =>
  Promise.resolve(({ hub, rows, ...asked }: ToInspect, tell: Tell): Promise<Inspection | Sample[]> => {
    const progress = (what: string, done: number, of: number) => tell({ what, done, of })
    const reach = hub && { hub: { ...hub, token: hub.token && secretToken(hub.token) }, progress }
    const question = { ...asked, ...(reach ? { reach } : {}), signal: new AbortController().signal }
    return rows === null ? inspectDataset(question) : sampleDataset({ ...question, rows })
  }),
)
