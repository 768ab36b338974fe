import { ACCENT, button, type Card, card, container, row, separator, text } from '../layout.ts'
import { person } from '../names.ts'
import { megabytes } from '../numbers.ts'
import { table } from '../table.ts'
import { inlineCode, spoken } from '../user-text.ts'
import { head, type PublishOnCard } from './shown.ts'

/** Files that are named; the others are counted. */
const FILES_NAMED = 10

/** What would go where, for whoever made the draft. */
export function draftCard(shown: PublishOnCard): Card {
  const { publish, run } = shown
  const { problem, approvals_needed } = publish
  const arg = String(publish.id)
  return card(
    container(
      ACCENT.draft,
      head(shown, 'Publish'),
      separator(),
      text(...contents(shown)),
      ...(approvals_needed === 0
        ? []
        : [text(`It takes ${people(approvals_needed)} to approve it, other than who asks.`)]),
      ...(problem === null ? [] : [text(`✗ ${spoken(problem)}`)]),
    ),
    row(
      button({
        label: approvals_needed === 0 ? 'Publish' : 'Ask for approval',
        look: 'primary',
        action: 'publish-go',
        run: run.id,
        arg,
        disabled: problem !== null,
      }),
      button({ label: 'Change', action: 'publish-change', run: run.id, arg }),
      button({ label: 'Discard', action: 'publish-withdraw', run: run.id, arg }),
    ),
  )
}

/** The same, for those who are asked to approve it. */
export function askedCard(shown: PublishOnCard): Card {
  const { publish, run, approvals } = shown
  const arg = String(publish.id)
  const missing = publish.approvals_needed - approvals.length
  return card(
    container(
      ACCENT.warning,
      head(shown, 'Publish'),
      separator(),
      text(...contents(shown)),
      text(
        `${person(publish.requested_by)} asks to publish this.`,
        approvals.length === 0
          ? `It waits for ${people(missing)} to approve it.`
          : `Approved by ${approvals.map(person).join(' and ')}; ${missing > 0 ? `it waits for ${missing} more.` : 'that is enough.'}`,
      ),
    ),
    row(
      missing > 0
        ? button({ label: 'Approve', look: 'success', action: 'publish-approve', run: run.id, arg })
        : button({ label: 'Publish', look: 'primary', action: 'publish-go', run: run.id, arg }),
      button({ label: 'Take back', action: 'publish-withdraw', run: run.id, arg }),
    ),
  )
}

function contents({ publish, evalResults, run }: PublishOnCard): string[] {
  const { files } = publish
  const named = [...files].sort((a, b) => b.size - a.size).slice(0, FILES_NAMED)
  const others = files.filter((file) => !named.includes(file))
  const total = files.reduce((sum, { size }) => sum + size, 0)
  return [
    table([
      ...named.map(({ path, size }) => [path, megabytes(size)]),
      ...(others.length === 0
        ? []
        : [[`${others.length} more`, megabytes(others.reduce((sum, { size }) => sum + size, 0))]]),
      ['together', megabytes(total)],
    ]),
    '`README.md`: a model card with the results (as `model-index`), the arguments and a receipt; no names of people',
    evalResults
      ? '`.eval_results/`: the accuracy, as the Hub’s leaderboards read it'
      : `-# No \`.eval_results/\`: ${inlineCode(run.spec.dataset)} is no dataset of the Hub, or no accuracy was measured.`,
  ]
}

function people(count: number): string {
  return count === 1 ? 'one person' : `${count} people`
}
