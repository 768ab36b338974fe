/** Looks into datasets: reading and cleaning take seconds of arithmetic. */
import { inspectDataset, type Inspection } from '../engine/data/inspect.ts'
import { secretToken } from '../hub/token.ts'
import type { ToInspect } from './inspect.ts'
import { answerQuestions, type Tell } from './side-answers.ts'

await answerQuestions(() =>
  Promise.resolve(({ hub, ...asked }: ToInspect, tell: Tell): Promise<Inspection> => {
    const progress = (what: string, done: number, of: number) => tell({ what, done, of })
    const reach = hub && { hub: { ...hub, token: hub.token && secretToken(hub.token) }, progress }
    return inspectDataset({ ...asked, ...(reach ? { reach } : {}), signal: new AbortController().signal })
  }),
)
