import { PermissionFlagsBits as May, type APIChannel } from 'discord-api-types/v10'
import type { Notice, Person, State as Shown } from '../protocol.ts'
import type { Change } from './changes.ts'
import { offeredTo } from './commands.ts'
import { canSee, guildPermissions } from './permissions.ts'
import { visibleMessages } from './screen.ts'
import type { State } from './state.ts'

/** How much of a channel a page gets when it opens. */
const LATEST = 200

/** Everything a page shows to this person. */
export function clientState(state: State, me: string, online: boolean): Shown {
  const channels = [...state.channels.values()].filter((one) => canSee(state, me, one))
  const modal = state.modals.get(me)
  return {
    me,
    guild: { id: state.guild.id, name: state.guild.name },
    people: people(state),
    roles: [...state.roles.values()]
      .filter(({ id, managed }) => id !== state.guild.id && !managed)
      .map(({ id, name, colors }) => ({ id, name, color: colors.primary_color })),
    bots: [{ user: state.bot, online }],
    channels: channels,
    messages: Object.fromEntries(
      channels.map(({ id }) => [
        id,
        visibleMessages(state, me, id)
          .slice(-LATEST)
          .map(({ shown }) => shown),
      ]),
    ),
    commands: offeredTo(state, me),
    modal: modal === undefined ? null : { id: modal.id, modal: modal.modal },
  }
}

function people(state: State): Person[] {
  return [...state.members.values()]
    .filter(({ user }) => user.bot !== true)
    .map((member) => {
      const named = member.roles
        .map((id) => state.roles.get(id)?.name ?? '')
        .filter((name) => name !== 'admin' && name !== '')
      const manages = (guildPermissions(state, member.user.id) & May.ManageGuild) !== 0n
      return {
        user: member.user,
        member,
        about: [...named, ...(manages ? ['manages the server'] : [])].join(', ') || 'member',
      }
    })
}

/** What a page that is this person is told of a change; a change of what it may see is told as a whole new state. */
export function notices(state: State, change: Change, me: string, online: () => boolean): Notice[] {
  const sees = (id: string) => {
    const channel = state.channels.get(id)
    return channel !== undefined && canSee(state, me, channel)
  }
  switch (change.is) {
    case 'message created':
    case 'message updated': {
      const { shown, onlyFor } = change.message
      const mine = onlyFor === null || onlyFor === me
      return mine && sees(shown.channel_id) ? [{ say: 'message', message: shown }] : []
    }
    case 'reactions':
      return sees(change.message.shown.channel_id) ? [{ say: 'message', message: change.message.shown }] : []
    case 'message deleted': {
      const { shown, onlyFor } = change.message
      return onlyFor === null || onlyFor === me
        ? [{ say: 'message gone', channel: shown.channel_id, message: shown.id }]
        : []
    }
    case 'channel updated':
      return [{ say: 'state', state: clientState(state, me, online()) }]
    case 'channel created':
      return sees(change.channel.id) ? [{ say: 'channel', channel: change.channel as APIChannel }] : []
    case 'thread created':
    case 'thread updated':
      return sees(change.thread.id) ? [{ say: 'channel', channel: change.thread as APIChannel }] : []
    case 'thread member':
      return sees(change.thread.id) ? [{ say: 'channel', channel: change.thread as APIChannel }] : []
    case 'channel deleted':
      return [{ say: 'channel gone', channel: change.channel.id }]
    case 'thread deleted':
      return [{ say: 'channel gone', channel: change.thread.id }]
    case 'typing':
      return sees(change.channel.id) ? [{ say: 'typing', channel: change.channel.id, user: change.user }] : []
    case 'commands':
      return [{ say: 'commands', commands: offeredTo(state, me) }]
    case 'modal':
      return change.person === me ? [{ say: 'modal', modal: change.modal }] : []
    case 'bot':
      return [{ say: 'bot', user: state.bot, online: change.online }]
    case 'pins':
    case 'interaction':
      return []
  }
}
