/** Publishes: reading, hashing and sending hundreds of megabytes would hold up the bot. */
import { publish, type Published, type PublishProgress } from '../../hub/publish.ts'
import { secretToken } from '../../hub/token.ts'
import type { ToPublish } from './upload.ts'
import { answerQuestions, type Tell } from '../side/answers.ts'

/** Between two words about how far it is. */
const TELL_MS = 200

await answerQuestions(() =>
  Promise.resolve(({ token, ...asked }: ToPublish, tell: Tell): Promise<Published> =>
    publish({ ...asked, token: secretToken(token), progress: seldom(tell) }),
  ),
)

/** A file of 100 MB is 1500 pieces, each of which is progress. A new phase is always told. */
function seldom(tell: Tell): (progress: PublishProgress) => void {
  let told: { at: number; phase: PublishProgress['phase'] | null } = { at: 0, phase: null }
  return (progress) => {
    const now = Date.now()
    if (progress.phase === told.phase && now - told.at < TELL_MS) return
    told = { at: now, phase: progress.phase }
    tell(progress)
  }
}
