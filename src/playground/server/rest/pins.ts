import { MessageReferenceType, MessageType, PermissionFlagsBits as May } from 'discord-api-types/v10'
import type { Hono } from 'hono'
import { failure } from '../failure.ts'
import { readable } from '../message-content.ts'
import { createMessage, inChannel } from '../messages.ts'
import { demand } from '../permissions.ts'
import { tell, timestamp, type Channel, type Message, type State } from '../state.ts'
import { demandOpen, messageOf } from './messages.ts'
import { channelOf, type Env } from './request.ts'

const MAX_PINS = 250

export function pinRoutes(app: Hono<Env>, state: State): void {
  const bot = state.bot.id
  const pinned = (channel: Channel) => [...inChannel(state, channel.id).values()].filter(({ shown }) => shown.pinned)
  const set = (channel: Channel, message: Message, on: boolean) => {
    message.shown.pinned = on
    channel.last_pin_timestamp = timestamp(state)
    tell(state, { is: 'message updated', message })
    tell(state, { is: 'pins', channel, at: channel.last_pin_timestamp })
  }

  app.get('/channels/:channel/messages/pins', (c) => {
    const channel = channelOf(state, c)
    demand(state, bot, channel, May.ViewChannel | May.ReadMessageHistory)
    const items = pinned(channel).map(({ shown }) => ({
      pinned_at: channel.last_pin_timestamp,
      message: readable(state, shown),
    }))
    return c.json({ items: items.reverse(), has_more: false })
  })
  app.put('/channels/:channel/messages/pins/:message', (c) => {
    const channel = channelOf(state, c)
    demand(state, bot, channel, May.PinMessages)
    demandOpen(channel)
    const message = messageOf(state, c)
    if (message.shown.pinned) return c.body(null, 204)
    if (pinned(channel).length >= MAX_PINS) throw failure.tooManyPins()
    set(channel, message, true)
    const reference = {
      type: MessageReferenceType.Default,
      message_id: message.shown.id,
      channel_id: channel.id,
      guild_id: state.guild.id,
    }
    const extra = { type: MessageType.ChannelPinnedMessage as const, message_reference: reference }
    createMessage(state, { channel, author: state.bot, body: {}, extra })
    return c.body(null, 204)
  })
  app.delete('/channels/:channel/messages/pins/:message', (c) => {
    const channel = channelOf(state, c)
    demand(state, bot, channel, May.PinMessages)
    demandOpen(channel)
    set(channel, messageOf(state, c), false)
    return c.body(null, 204)
  })
}
