import { PermissionFlagsBits as May, type APIReaction } from 'discord-api-types/v10'
import type { Hono } from 'hono'
import { failure } from '../failure.ts'
import { demand } from '../permissions.ts'
import { react, unreact } from '../reactions.ts'
import type { State } from '../state.ts'
import { demandOpen, messageOf } from './messages.ts'
import { channelOf, param, type Env } from './request.ts'

export function reactionRoutes(app: Hono<Env>, state: State): void {
  const base = '/channels/:channel/messages/:message/reactions'
  const bot = state.bot.id

  app.put(`${base}/:emoji/@me`, (c) => {
    const channel = channelOf(state, c)
    const message = messageOf(state, c)
    const fresh = !(message.shown.reactions ?? []).some((one: APIReaction) => one.emoji.name === param(c, 'emoji'))
    demand(state, bot, channel, fresh ? May.AddReactions | May.ReadMessageHistory : May.ReadMessageHistory)
    demandOpen(channel)
    react(state, message, bot, param(c, 'emoji'))
    return c.body(null, 204)
  })
  app.get(`${base}/:emoji`, (c) => {
    const users = state.reactors.get(messageOf(state, c).shown.id)?.get(param(c, 'emoji')) ?? new Set<string>()
    return c.json([...users].flatMap((id) => state.members.get(id)?.user ?? []))
  })
  app.delete(`${base}/:emoji/:user`, (c) => {
    const channel = channelOf(state, c)
    demandOpen(channel)
    const user = param(c, 'user') === '@me' ? bot : param(c, 'user')
    if (user !== bot) demand(state, bot, channel, May.ManageMessages)
    if (!unreact(state, messageOf(state, c), user, param(c, 'emoji'))) throw failure.unknownEmoji()
    return c.body(null, 204)
  })
  app.delete(base, (c) => {
    const channel = channelOf(state, c)
    demand(state, bot, channel, May.ManageMessages)
    const message = messageOf(state, c)
    state.reactors.delete(message.shown.id)
    delete message.shown.reactions
    state.changes.emit('change', { is: 'reactions', message, event: 'remove all', user: bot, emoji: '' })
    return c.body(null, 204)
  })
}
