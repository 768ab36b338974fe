import { OverwriteType, PermissionFlagsBits as May } from 'discord-api-types/v10'
import { deleteChannel, updateChannel } from './channels.ts'
import type { Faults, Which } from './faults.ts'
import type { Gateway } from './gateway/gateway.ts'
import { deleteMessage } from './messages.ts'
import { isThread, type Channel, type State } from './state.ts'

export interface Inject {
  /** 429 for the next requests, with `Retry-After`. `shared` does not count against the bot; `oldEdits` is code 30046. */
  rateLimit(which?: Which & { retryAfterMs?: number; scope?: 'user' | 'shared' | 'global'; oldEdits?: boolean }): void
  /** 5xx for the next requests, which are not carried out. */
  serverErrors(which?: Which & { status?: number }): void
  /** Any other refusal, such as 403 50013. */
  refuse(failure: { status: number; code: number; message: string }, which?: Which): void
  /** The next requests are carried out only after this time; an answer to an interaction may then come too late. */
  slow(ms: number, which?: Which): void
  /** The next requests are carried out, but the connection is cut before the reply. */
  loseReply(which?: Which): void
  /** The next requests are carried out, but the reply never comes. */
  hang(which?: Which): void
  /** Forgets all failures that are still due. */
  nothing(): void

  /** Drops the bot's sockets without a word. */
  dropSockets(): void
  /** Closes the bot's sockets with this code, such as 4000 or 1000. */
  closeSockets(code: number): void
  /** op 7. */
  reconnect(): void
  /** op 9. */
  invalidSession(resumable: boolean): void
  /** Whether heartbeats are acknowledged. */
  acknowledgeHeartbeats(yes: boolean): void
  /** Refuses connections until it is called with false: the port is closed, sockets are cut. */
  unreachable(yes: boolean): Promise<void>

  deleteMessage(message: string): void
  /** A channel or a thread. */
  deleteChannel(channel: string): void
  archive(thread: string, how?: { locked?: boolean }): void
  /** Takes permissions from the bot in a channel (and its threads), as an override does. Default: everything. */
  revoke(channel: string, permissions?: bigint): void
  /** Takes all overrides of a channel away. */
  restore(channel: string): void
  /** Moves the clock on: a quarter of an hour kills an interaction's token, three days archive an idle thread. */
  passTime(ms: number): void
}

interface Parts {
  state: State
  faults: Faults
  gateway: Gateway
  listen: { stop(): Promise<void>; start(): Promise<void> }
  passTime: (ms: number) => void
}

export function createInject({ state, faults, gateway, listen, passTime }: Parts): Inject {
  const channelOf = (id: string): Channel => {
    const channel = state.channels.get(id)
    if (channel === undefined) throw new Error(`The playground has no channel ${id}`)
    return channel
  }
  return {
    rateLimit: ({ retryAfterMs = 100, scope = 'user', oldEdits = false, ...which } = {}) => {
      const seconds = retryAfterMs / 1000
      faults.add(
        {
          is: 'answer',
          status: 429,
          body: {
            message: 'You are being rate limited.',
            retry_after: seconds,
            global: scope === 'global',
            code: oldEdits ? 30046 : 0,
          },
          headers: {
            'retry-after': String(seconds),
            'x-ratelimit-scope': scope,
            ...(scope === 'global' ? { 'x-ratelimit-global': 'true' } : {}),
          },
        },
        which,
      )
    },
    serverErrors: ({ status = 502, ...which } = {}) =>
      faults.add({ is: 'answer', status, body: { message: `${status}: Server Error`, code: 0 } }, which),
    refuse: ({ status, code, message }, which) => faults.add({ is: 'answer', status, body: { message, code } }, which),
    slow: (ms, which) => faults.add({ is: 'slow', ms }, which),
    loseReply: (which) => faults.add({ is: 'lose reply' }, which),
    hang: (which) => faults.add({ is: 'hang' }, which),
    nothing: () => faults.clear(),

    dropSockets: () => gateway.sockets().forEach((one) => one.terminate()),
    closeSockets: (code) => gateway.sockets().forEach((one) => one.close(code)),
    reconnect: () => gateway.reconnect(),
    invalidSession: (resumable) => gateway.invalidate(resumable),
    acknowledgeHeartbeats: (yes) => {
      gateway.acknowledges = yes
    },
    unreachable: (yes) => (yes ? listen.stop() : listen.start()),

    deleteMessage: (id) => {
      const message = [...state.messages.values()].map((all) => all.get(id)).find((one) => one !== undefined)
      if (message === undefined) throw new Error(`The playground has no message ${id}`)
      deleteMessage(state, message, 'person')
    },
    deleteChannel: (id) => deleteChannel(state, channelOf(id)),
    archive: (id, { locked = false } = {}) => void updateChannel(state, channelOf(id), { archived: true, locked }),
    revoke: (id, permissions = May.ViewChannel) => {
      const channel = channelOf(id)
      const home = isThread(channel) ? channelOf(channel.parent_id) : channel
      if (isThread(home)) return
      const others = home.permission_overwrites.filter((one) => one.id !== state.bot.id)
      const deny = { id: state.bot.id, type: OverwriteType.Member, allow: '0', deny: String(permissions) }
      updateChannel(state, home, { permission_overwrites: [...others, deny] })
    },
    restore: (id) => void updateChannel(state, channelOf(id), { permission_overwrites: [] }),
    passTime,
  }
}
