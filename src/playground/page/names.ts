import type { APIChannel, APIUser } from 'discord-api-types/v10'
import type { State } from '../protocol.ts'

/** The name a person goes by on this server. */
export function nameOf(state: State, user: Pick<APIUser, 'id' | 'username' | 'global_name'>): string {
  const member = state.people.find((person) => person.user.id === user.id)?.member
  return member?.nick ?? user.global_name ?? user.username
}

export function userOf(state: State, id: string): APIUser | null {
  const person = state.people.find(({ user }) => user.id === id)
  return person?.user ?? state.bots.find(({ user }) => user.id === id)?.user ?? null
}

export function channelName(channel: APIChannel | null | undefined): string {
  return channel?.name ?? 'unknown'
}

/** `#rrggbb`, or null for colour 0, which Discord means as "no colour". */
export function colourOf(color: number | null | undefined): string | null {
  return color ? `#${color.toString(16).padStart(6, '0')}` : null
}

/** The colour of a person's first coloured role. */
export function nameColour(state: State, userId: string): string | null {
  const member = state.people.find(({ user }) => user.id === userId)?.member
  for (const role of state.roles) {
    if (role.color && member?.roles.includes(role.id)) return colourOf(role.color)
  }
  return null
}
