import { SelectMenuDefaultValueType } from 'discord-api-types/v10'
import type { Settings, SettingsChange } from '../../storage/settings.ts'
import { type WhoAmI, writableNamespaces } from '../hub/whoami.ts'
import { encodeId, NO_RUN } from './custom-id.ts'
import { ago } from './durations.ts'
import { ACCENT, button, type Card, card, container, roleSelect, row, select, separator, text } from './layout.ts'
import { person } from './names.ts'
import { inlineCode, plain, spoken } from './user-text.ts'

/** What the settings card says of the Hub; src/control/settings.ts finds it out. */
export interface HubOnCard {
  from: 'server' | 'operator' | 'none'
  who: WhoAmI | null
  /** What the token lacks for publishing, as a sentence. */
  missing: string | null
  problem: string | null
  keyless: string | null
}

const CHANGES_SHOWN = 4
export const MOST_APPROVALS = 2

/** What is set on a server, and the controls that change it. Never holds a token. */
export function settingsCard({
  settings,
  hub,
  changes,
  notice = null,
}: {
  settings: Settings
  hub: HubOnCard
  changes: readonly SettingsChange[]
  /** What has just been done. */
  notice?: string | null
}): Card {
  const { publish_role, publish_approvals, publish_private } = settings
  return card(
    container(
      ACCENT.draft,
      text('### Settings of this server', ...(notice === null ? [] : [spoken(notice)])),
      separator(),
      text('**Hub account**', ...accountLines(hub)),
      row(
        button({
          label: hub.from === 'server' ? 'Replace Hub token' : 'Set Hub token',
          action: 'hub-token',
          run: NO_RUN,
          disabled: hub.keyless !== null,
        }),
        ...(hub.from === 'server'
          ? [button({ label: 'Remove token', look: 'danger', action: 'hub-token-remove', run: NO_RUN })]
          : []),
      ),
      separator(),
      text('**Publishing**', `Who may publish, and approve: ${whoMay(publish_role)}`),
      roleSelect({
        custom_id: encodeId({ action: 'publish-role', run: NO_RUN }),
        placeholder: 'Whoever started the run',
        min_values: 0,
        max_values: 1,
        ...(publish_role === null
          ? {}
          : { default_values: [{ id: publish_role, type: SelectMenuDefaultValueType.Role }] }),
      }),
      text('Approvals that it takes, by others than the one who asks'),
      select({
        custom_id: encodeId({ action: 'publish-approvals', run: NO_RUN }),
        options: Array.from({ length: MOST_APPROVALS + 1 }, (_, count) => ({
          label: count === 0 ? 'None' : count === 1 ? 'One person' : `${count} people`,
          value: String(count),
          default: count === publish_approvals,
        })),
      }),
      text('New repositories are'),
      select({
        custom_id: encodeId({ action: 'publish-visibility', run: NO_RUN }),
        options: [
          { label: 'private', value: 'private', default: publish_private },
          { label: 'public', value: 'public', default: !publish_private },
        ],
      }),
      ...(changes.length === 0 ? [] : [separator(), text(...changes.slice(0, CHANGES_SHOWN).map(changeLine))]),
    ),
  )
}

function accountLines({ from, who, missing, problem, keyless }: HubOnCard): string[] {
  const source =
    from === 'server' ? 'this server’s own token' : 'the token of whoever runs the bot (HF_TOKEN or `hf auth login`)'
  return [
    ...(who === null
      ? [
          from === 'none'
            ? 'None: public models and datasets only, and nothing can be published.'
            : `Not known; ${source} is set.`,
        ]
      : [`${inlineCode(who.name)} · ${roleOf(who)}`, `-# with ${source}`]),
    ...(problem === null ? [] : [`✗ ${spoken(problem)}`]),
    ...(missing === null || who === null ? [] : [`⚠ ${spoken(missing)}`]),
    ...(keyless === null ? [] : [`-# ${spoken(keyless)}`]),
  ]
}

function roleOf(who: WhoAmI): string {
  const where = writableNamespaces(who)
  if (who.role === 'read' || where.length === 0) return 'can only read'
  return `may publish to ${where
    .slice(0, 6)
    .map((name) => inlineCode(name))
    .join(', ')}${where.length > 6 ? ' …' : ''}`
}

function whoMay(role: string | null): string {
  return role === null
    ? 'whoever started the run publishes it, anybody else approves. A role narrows both to its members.'
    : `<@&${role}>. Who manages the server always may.`
}

function changeLine({ setting, from_value, to_value, actor, at }: SettingsChange): string {
  return `-# ${said(setting, from_value, to_value)} · ${person(actor)} ${ago(at)}`
}

function said(setting: SettingsChange['setting'], from: string | null, to: string | null): string {
  switch (setting) {
    case 'hub_token':
      if (to === null) return `Hub token of ${inlineCode(from ?? '')} removed`
      return from === null || from === to
        ? `Hub token of ${inlineCode(to)} set`
        : `Hub token of ${inlineCode(from)} → ${inlineCode(to)}`
    case 'publish_role':
      return `publishing: ${roleName(from)} → ${roleName(to)}`
    case 'publish_approvals':
      return `approvals ${plain(from ?? '')} → ${plain(to ?? '')}`
    case 'publish_private':
      return `new repositories ${visibility(from)} → ${visibility(to)}`
  }
}

function roleName(role: string | null): string {
  return role === null ? 'whoever started the run' : `<@&${role}>`
}

function visibility(value: string | null): string {
  return value === 'true' ? 'private' : 'public'
}
