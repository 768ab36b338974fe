/**
 * A mistake that a person can mend. The message says what was expected and what came; the remedy says what to do.
 * It is shown as it is; anything else that is thrown is logged, and the person gets only a reference to the log.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly remedy: string | null

  constructor(message: string, remedy: string | null = null) {
    super(message)
    this.remedy = remedy
  }

  /** Both sentences, for a terminal or a message. */
  get text(): string {
    return this.remedy === null ? this.message : `${this.message} ${this.remedy}`
  }
}
