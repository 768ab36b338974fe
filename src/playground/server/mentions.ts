import { PermissionFlagsBits as May, type APIAllowedMentions } from 'discord-api-types/v10'
import { canSee, may } from './permissions.ts'
import type { Channel, State } from './state.ts'

export interface Mentions {
  users: string[]
  roles: string[]
  everyone: boolean
}

/**
 * Whom these texts mention, as far as `allowed` lets them. Without `allowed` everything that is written counts, on
 * edits too. Code is not read. `replied` is the author of the message that is replied to.
 */
export function readMentions(
  state: State,
  texts: readonly string[],
  {
    allowed,
    author,
    channel,
    replied = null,
  }: { allowed: APIAllowedMentions | null; author: string; channel: Channel; replied?: string | null },
): Mentions {
  const text = texts.join('\n').replace(/```[\s\S]*?```|`[^`\n]*`/g, ' ')
  const found = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))]
  const parses = (kind: string) => allowed === null || (allowed.parse ?? []).some((one: string) => one === kind)
  const mayAll = may(state, author, channel, May.MentionEveryone)

  const users = found(/<@!?(\d{17,20})>/g)
    .filter((id) => state.members.has(id))
    .filter((id) => parses('users') || allowed?.users?.includes(id) === true)
  if (replied !== null && (allowed === null || allowed.replied_user === true)) users.push(replied)
  const roles = found(/<@&(\d{17,20})>/g)
    .filter((id) => state.roles.get(id)?.mentionable === true || (mayAll && state.roles.has(id)))
    .filter((id) => parses('roles') || allowed?.roles?.includes(id) === true)
  const everyone = /@(everyone|here)\b/.test(text) && mayAll && parses('everyone')
  return { users: [...new Set(users)], roles, everyone }
}

/** The people, not bots, whom such a message notifies; nobody is notified of what they wrote or cannot see. */
export function notified(
  state: State,
  mentions: Mentions,
  { author, channel }: { author: string; channel: Channel },
): string[] {
  return [...state.members.values()]
    .filter(({ user }) => user.bot !== true && user.id !== author && canSee(state, user.id, channel))
    .filter(
      ({ user, roles }) =>
        mentions.everyone || mentions.users.includes(user.id) || roles.some((role) => mentions.roles.includes(role)),
    )
    .map(({ user }) => user.id)
}
