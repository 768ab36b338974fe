import { ago } from '../durations.ts'
import { ACCENT, button, type Card, card, container, row, text } from '../layout.ts'
import { person } from '../names.ts'
import { inlineCode, spoken } from '../user-text.ts'
import { head, type PublishOnCard } from './shown.ts'

/** Where it is, and who saw to that. */
export function publishedCard(shown: PublishOnCard): Card {
  const { publish, approvals } = shown
  const { outcome, url, commit_id, ended_at } = publish
  const said = {
    created: 'A new repository, in one commit.',
    updated: 'What differed was sent, in one commit; files that others put there stay.',
    unchanged: 'Everything was there already, to the byte: nothing was sent, nothing has changed.',
  }[outcome ?? 'created']
  return card(
    container(
      ACCENT.good,
      head(shown, outcome === 'unchanged' ? '✓ Nothing to publish:' : '✓ Published'),
      text(
        ...(url === null ? [] : [`<${url}>`]),
        said,
        `-# ${[
          commit_id === null ? null : `commit ${inlineCode(commit_id.slice(0, 7))}`,
          `asked by ${person(publish.requested_by)}`,
          approvals.length === 0 ? null : `approved by ${approvals.map(person).join(' and ')}`,
          ended_at === null ? null : ago(ended_at),
        ]
          .filter((part) => part !== null)
          .join(' · ')}`,
      ),
    ),
  )
}

/** Why it is not there, with another try. */
export function brokenCard(shown: PublishOnCard): Card {
  const { publish, run } = shown
  const arg = String(publish.id)
  const why =
    publish.state === 'interrupted'
      ? [
          spoken(publish.error ?? 'It was interrupted: the bot was stopped in the middle of it.'),
          '-# Files that were sent whole are not sent again.',
        ]
      : [spoken(publish.error ?? ''), ...(publish.remedy === null ? [] : [`-# ${spoken(publish.remedy)}`])]
  return card(
    container(ACCENT.bad, head(shown, '✗ Not published:'), text(...why)),
    row(
      button({ label: 'Try again', look: 'primary', action: 'publish-go', run: run.id, arg }),
      button({ label: 'Discard', action: 'publish-withdraw', run: run.id, arg }),
    ),
  )
}
