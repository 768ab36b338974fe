import { type APIModalInteractionResponseCallbackData, ComponentType, TextInputStyle } from 'discord-api-types/v10'
import type { Publish } from '../../storage/publishes.ts'
import type { Run } from '../../storage/runs.ts'
import type { PublishProgress } from '../hub/publish.ts'
import { encodeId } from './custom-id.ts'
import { ago } from './durations.ts'
import { ACCENT, button, type Card, card, container, row, separator, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { megabytes, percent } from './numbers.ts'
import { table } from './table.ts'
import { inlineCode, spoken } from './user-text.ts'

export const REPOSITORY_FIELD = 'repository'
export const VISIBILITY_FIELD = 'visibility'
/** Files that are named; the others are counted. */
const FILES_NAMED = 10

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

/** A publication from its draft to its link: one message, a pure function of the record. */
export function publishCard(shown: PublishOnCard): Card {
  const { run, publish } = shown
  switch (publish.state) {
    case 'draft':
      return draftCard(shown)
    case 'asked':
      return askedCard(shown)
    case 'uploading':
      return uploadingCard(shown)
    case 'published':
      return publishedCard(shown)
    case 'failed':
    case 'interrupted':
      return brokenCard(shown)
    case 'discarded':
      return card(text(`-# Publishing ${runTitle(run)} to ${inlineCode(publish.repository, 120)} was called off.`))
  }
}

function draftCard(shown: PublishOnCard): Card {
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

function askedCard(shown: PublishOnCard): Card {
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

function uploadingCard(shown: PublishOnCard): Card {
  const { publish, run } = shown
  return card(
    container(ACCENT.live, head(shown, 'Publishing'), text(...progressLines(shown))),
    row(button({ label: 'Stop', action: 'publish-stop', run: run.id, arg: String(publish.id) })),
  )
}

function publishedCard(shown: PublishOnCard): Card {
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

function brokenCard(shown: PublishOnCard): Card {
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

function head({ run, publish }: PublishOnCard, what: string) {
  return text(
    `### ${what} ${runTitle(run)}`,
    `${inlineCode(publish.repository, 120)} · ${publish.private ? 'private' : '**public**'}`,
    `-# with the Hub account ${inlineCode(publish.account)}`,
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

function progressLines({ progress }: PublishOnCard): string[] {
  if (progress === null || progress.phase === 'comparing') return ['Compares with what is there …']
  if (progress.phase === 'committing') return ['Commits …']
  const { done, of } = progress.bytes
  if (of === 0) return ['Uploads …']
  return [`Uploads ${megabytes(done)} of ${megabytes(of)} (${percent(done / of)})`, inlineCode(bar(done / of))]
}

const BAR = 20

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

function people(count: number): string {
  return count === 1 ? 'one person' : `${count} people`
}

/** Asks where else it shall go. */
export function publishForm({
  run,
  publish,
}: {
  run: { id: number }
  publish: Publish
}): APIModalInteractionResponseCallbackData {
  return {
    custom_id: encodeId({ action: 'publish-change-form', run: run.id, arg: String(publish.id) }),
    title: `Publish #${run.id}`,
    components: [
      {
        type: ComponentType.Label,
        label: 'Repository',
        description: 'account/name, or organization/name. One that is there already is updated.',
        component: {
          type: ComponentType.TextInput,
          custom_id: REPOSITORY_FIELD,
          style: TextInputStyle.Short,
          value: publish.repository,
          max_length: 193,
          required: true,
        },
      },
      {
        type: ComponentType.Label,
        label: 'Visibility',
        description: 'Of a new repository. One that is there already stays what it is.',
        component: {
          type: ComponentType.RadioGroup,
          custom_id: VISIBILITY_FIELD,
          required: true,
          options: [
            { label: 'private', value: 'private', default: publish.private },
            { label: 'public', value: 'public', default: !publish.private },
          ],
        },
      },
    ],
  }
}
