import { MessageType, PermissionFlagsBits as May } from 'discord-api-types/v10'
import type { Hono } from 'hono'
import { failure } from '../failure.ts'
import { readable } from '../message-content.ts'
import { createMessage, deleteMessage, editMessage, inChannel, type MessageBody } from '../messages.ts'
import { demand, may } from '../permissions.ts'
import { isThread, type Channel, type Message, type State } from '../state.ts'
import { checkMessage } from '../validate/message.ts'
import { channelOf, param, payload, type Env, type Request } from './request.ts'

/** Discord says "a few minutes". */
const NONCE_LIFE_MS = 3 * 60_000

export function messageRoutes(app: Hono<Env>, state: State): void {
  app.get('/channels/:channel/messages', (c) => {
    const channel = channelOf(state, c)
    demand(state, state.bot.id, channel, May.ViewChannel)
    if (!may(state, state.bot.id, channel, May.ReadMessageHistory)) return c.json([])
    return c.json(
      page(
        c,
        [...inChannel(state, channel.id).values()].filter(({ onlyFor }) => onlyFor === null),
      ).map((shown) => readable(state, shown)),
    )
  })

  app.post('/channels/:channel/messages', (c) => {
    const channel = channelOf(state, c)
    demandSending(state, channel)
    const { files } = c.get('body')
    if (files.size > 0) demand(state, state.bot.id, channel, May.AttachFiles)
    checkMessage(payload(c), { kind: 'create', existing: null, files })
    const body = payload<MessageBody>(c)
    const same = body.enforce_nonce === true ? sameNonce(state, channel, body.nonce) : null
    return c.json((same ?? createMessage(state, { channel, author: state.bot, body, files })).shown)
  })

  app.get('/channels/:channel/messages/:message', (c) => {
    demand(state, state.bot.id, channelOf(state, c), May.ViewChannel | May.ReadMessageHistory)
    return c.json(readable(state, messageOf(state, c).shown))
  })

  app.patch('/channels/:channel/messages/:message', (c) => {
    const channel = channelOf(state, c)
    demand(state, state.bot.id, channel, May.ViewChannel)
    const message = messageOf(state, c)
    if (message.shown.author.id !== state.bot.id) throw failure.notYourMessage()
    demandOpen(channel)
    const { files } = c.get('body')
    checkMessage(payload(c), { kind: 'edit', existing: message.shown, files })
    return c.json(editMessage(state, message, { channel, body: payload<MessageBody>(c), files }).shown)
  })

  app.delete('/channels/:channel/messages/:message', (c) => {
    const channel = channelOf(state, c)
    demand(state, state.bot.id, channel, May.ViewChannel)
    const message = messageOf(state, c)
    if (message.shown.author.id !== state.bot.id) demand(state, state.bot.id, channel, May.ManageMessages)
    if (message.shown.type === MessageType.ThreadStarterMessage) throw failure.systemMessage()
    demandOpen(channel)
    deleteMessage(state, message, 'bot')
    return c.body(null, 204)
  })

  app.post('/channels/:channel/typing', (c) => {
    const channel = channelOf(state, c)
    demandSending(state, channel)
    state.changes.emit('change', { is: 'typing', channel, user: state.bot.id })
    return c.body(null, 204)
  })
}

/** A message a bot may know of: ephemeral ones it cannot fetch. */
export function messageOf(state: State, c: Request): Message {
  const channel = channelOf(state, c)
  const message = inChannel(state, channel.id).get(param(c, 'message'))
  if (message === undefined || message.onlyFor !== null) throw failure.unknownMessage()
  return message
}

/** In an archived thread nothing can be changed; a new message would bring it back first. */
export function demandOpen(channel: Channel): void {
  if (isThread(channel) && channel.thread_metadata.archived) throw failure.archived()
}

/** SendMessages counts in channels only, SendMessagesInThreads in threads only; a locked thread needs ManageThreads. */
function demandSending(state: State, channel: Channel): void {
  demand(state, state.bot.id, channel, isThread(channel) ? May.SendMessagesInThreads : May.SendMessages)
  const locked = isThread(channel) && channel.thread_metadata.locked
  if (locked && !may(state, state.bot.id, channel, May.ManageThreads)) throw failure.locked()
}

function sameNonce(state: State, channel: Channel, nonce: MessageBody['nonce']): Message | null {
  if (nonce === undefined || nonce === null) return null
  const youngest = state.now() - NONCE_LIFE_MS
  const same = [...inChannel(state, channel.id).values()].findLast(
    ({ shown }) => shown.nonce === nonce && shown.author.id === state.bot.id && Date.parse(shown.timestamp) >= youngest,
  )
  return same ?? null
}

/** Newest first, at most 100, before, after or around an id. */
function page(c: Request, messages: readonly Message[]): Message['shown'][] {
  const limit = Math.min(100, Math.max(1, Number(c.req.query('limit') ?? 50) || 50))
  const { before, after, around } = c.req.query()
  const ids = messages.map(({ shown }) => BigInt(shown.id))
  const from = (id: string) => ids.findIndex((one) => one >= BigInt(id))
  let chosen = messages.slice(-limit)
  if (before !== undefined) chosen = messages.filter((_, i) => (ids[i] ?? 0n) < BigInt(before)).slice(-limit)
  if (after !== undefined) chosen = messages.filter((_, i) => (ids[i] ?? 0n) > BigInt(after)).slice(0, limit)
  if (around !== undefined) {
    const start = Math.max(0, from(around) - Math.floor(limit / 2))
    chosen = messages.slice(start, start + limit)
  }
  return chosen.map(({ shown }) => shown).reverse()
}
