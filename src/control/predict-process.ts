/**
 * A process that keeps one trained model loaded and answers questions about texts over its IPC channel: inference would
 * hold up the bot's event loop, and a crash of the native runtime would end it. Its argument is the model folder.
 */
import { loadClassifier } from '../engine/predict.ts'
import { UserError } from '../user-error.ts'
import type { Answer, Question } from './predict.ts'

const [, , folder = ''] = process.argv

function say(answer: Answer): void {
  process.send?.(answer)
}

function sayError(error: unknown): void {
  const remedy = error instanceof UserError ? error.remedy : null
  const message = error instanceof Error ? error.message : String(error)
  say({ is: 'error', message, remedy, forPeople: error instanceof UserError })
}

// Whoever asks is gone.
process.on('disconnect', () => process.exit(0))

try {
  const classifier = await loadClassifier({ folder })
  process.on('message', (question: Question) => {
    classifier.classify(question.texts).then((labels) => say({ is: 'labels', labels }), sayError)
  })
  say({ is: 'ready' })
} catch (error) {
  sayError(error)
}
