import { PermissionFlagsBits as May } from 'discord-api-types/v10'
import type { Hono } from 'hono'
import { deleteChannel, updateChannel, type ChannelBody } from '../channels.ts'
import { failure } from '../failure.ts'
import { canSee, demand, may } from '../permissions.ts'
import { isThread, type State, type Thread } from '../state.ts'
import { checkChannel } from '../validate/thread.ts'
import { channelOf, demandGuild, payload, type Env } from './request.ts'

export function channelRoutes(app: Hono<Env>, state: State): void {
  const bot = state.bot.id

  app.get('/channels/:channel', (c) => {
    const channel = channelOf(state, c)
    demand(state, bot, channel, May.ViewChannel)
    return c.json(channel)
  })
  app.patch('/channels/:channel', (c) => {
    const channel = channelOf(state, c)
    checkChannel(payload(c), channel)
    const body = payload<ChannelBody>(c)
    if (isThread(channel)) demandThreadChange(state, channel, body)
    else demand(state, bot, channel, May.ManageChannels)
    return c.json(updateChannel(state, channel, body))
  })
  app.delete('/channels/:channel', (c) => {
    const channel = channelOf(state, c)
    demand(state, bot, channel, isThread(channel) ? May.ManageThreads : May.ManageChannels)
    deleteChannel(state, channel)
    return c.json(channel)
  })
  app.get('/guilds/:guild/channels', (c) => {
    demandGuild(state, c)
    return c.json([...state.channels.values()].filter((one) => !isThread(one) && canSee(state, bot, one)))
  })
}

/**
 * The creator of a thread may rename and archive it, ManageThreads may do anything. An archived thread takes nothing but
 * being brought back; a locked one only from those who manage threads.
 */
function demandThreadChange(state: State, thread: Thread, body: ChannelBody): void {
  const { archived, locked } = thread.thread_metadata
  demand(state, state.bot.id, thread, May.ViewChannel)
  const manages = may(state, state.bot.id, thread, May.ManageThreads)
  if (!manages && (thread.owner_id !== state.bot.id || body.locked !== undefined)) {
    // Anyone who may write in it can bring back a thread that is not locked.
    const reviving = body.archived === false && Object.keys(body).length === 1 && !locked
    if (!reviving) throw failure.missingPermissions()
  }
  if (locked && !manages) throw failure.locked()
  if (archived && body.archived !== false && body.locked === undefined) throw failure.archived()
}
