/**
 * A mistake that a person can mend. The message says what was expected and what came; the remedy says what to do.
 * It is shown as it is; anything else that is thrown is logged, and the person gets only a reference to the log.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly remedy: string | null
  /** A stable name for what is wrong, where the place that throws knows one (`dataset-label`); src/diagnosis knows it too. */
  readonly code: string | null

  constructor(message: string, remedy: string | null = null, code: string | null = null) {
    super(message)
    this.remedy = remedy
    this.code = code
  }

  /** Both sentences, for a terminal or a message; after a list, the remedy begins a line. */
  get text(): string {
    if (this.remedy === null) return this.message
    return `${this.message}${this.message.includes('\n') ? '\n' : ' '}${this.remedy}`
  }
}
