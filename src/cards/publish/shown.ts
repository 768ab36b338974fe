import type { Publish } from '../../../storage/publishes.ts'
import type { Run } from '../../../storage/runs.ts'
import type { PublishProgress } from '../../hub/publish.ts'
import { text } from '../layout.ts'
import { runTitle } from '../names.ts'
import { inlineCode } from '../user-text.ts'

export interface PublishOnCard {
  run: Run
  publish: Publish
  /** Discord user ids. */
  approvals: readonly string[]
  /** Of an upload that is at work. */
  progress: PublishProgress | null
  /** Whether the results go there as a file that the Hub reads, too. */
  evalResults: boolean
}

/** What the card of a publication begins with, whatever has become of it. */
export function head({ run, publish }: PublishOnCard, what: string) {
  return text(
    `### ${what} ${runTitle(run)}`,
    `${inlineCode(publish.repository, 120)} · ${publish.private ? 'private' : '**public**'}`,
    `-# with the Hub account ${inlineCode(publish.account)}`,
  )
}
