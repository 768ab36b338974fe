import {
  type APIMessageComponentEmoji,
  type APISelectMenuComponent,
  ChannelType,
  ComponentType,
} from 'discord-api-types/v10'
import type { State } from '../../protocol.ts'
import { nameOf } from '../names.ts'

export interface SelectChoice {
  value: string
  label: string
  description: string | null
  emoji: APIMessageComponentEmoji | null
}

/** What a select offers: its own options, or the server's people, roles and channels. */
export function selectChoices(state: State, select: APISelectMenuComponent): SelectChoice[] {
  const users = () => [
    ...state.people.map(({ user, about }) => plain(user.id, nameOf(state, user), about)),
    ...state.bots.map(({ user }) => plain(user.id, nameOf(state, user), 'app')),
  ]
  const roles = () => state.roles.map(({ id, name }) => plain(id, `@${name}`, null))

  switch (select.type) {
    case ComponentType.StringSelect:
      return select.options.map(({ value, label, description, emoji }) => ({
        value,
        label,
        description: description ?? null,
        emoji: emoji ?? null,
      }))
    case ComponentType.UserSelect:
      return users()
    case ComponentType.RoleSelect:
      return roles()
    case ComponentType.MentionableSelect:
      return [...users(), ...roles()]
    case ComponentType.ChannelSelect: {
      const types = select.channel_types ?? [ChannelType.GuildText, ChannelType.PublicThread]
      return state.channels
        .filter(({ type }) => types.includes(type))
        .map((channel) => plain(channel.id, `#${channel.name ?? channel.id}`, null))
    }
  }
}

/** What a select starts with. */
export function selectDefaults(select: APISelectMenuComponent): string[] {
  if (select.type === ComponentType.StringSelect) {
    return select.options.filter((option) => option.default === true).map(({ value }) => value)
  }
  return (select.default_values ?? []).map(({ id }) => id)
}

function plain(value: string, label: string, description: string | null): SelectChoice {
  return { value, label, description, emoji: null }
}
