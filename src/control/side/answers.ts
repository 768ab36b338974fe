import { UserError } from '../../user-error.ts'
import type { Said } from './process.ts'

/** Says how far the answer is. */
export type Tell = (progress: unknown) => void

/**
 * The other end of process.ts: gets ready with the arguments of the command line, then answers questions until the
 * one who asks is gone.
 */
export async function answerQuestions<Answer extends (question: never, tell: Tell) => Promise<unknown>>(
  prepare: (args: readonly string[]) => Promise<Answer>,
): Promise<void> {
  const say = (said: Said<unknown>) => process.send?.(said)
  const sayError = (error: unknown) => {
    const forPeople = error instanceof UserError
    const message = error instanceof Error ? error.message : String(error)
    say({ is: 'error', message, remedy: forPeople ? error.remedy : null, forPeople })
  }
  process.on('disconnect', () => process.exit(0))
  try {
    const answer = await prepare(process.argv.slice(2))
    process.on('message', (question: Parameters<Answer>[0]) => {
      answer(question, (progress) => void say({ is: 'progress', progress })).then(
        (answer) => say({ is: 'answer', answer }),
        sayError,
      )
    })
    say({ is: 'ready' })
  } catch (error) {
    sayError(error)
  }
}
