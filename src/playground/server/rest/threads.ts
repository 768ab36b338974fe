import { ChannelType, MessageReferenceType, MessageType, PermissionFlagsBits as May } from 'discord-api-types/v10'
import type { Hono } from 'hono'
import { failure } from '../failure.ts'
import { createMessage } from '../messages.ts'
import { demand } from '../permissions.ts'
import { isThread, type State, type Thread } from '../state.ts'
import { activeThreads, createThread, joinThread, leaveThread, type ThreadBody } from '../threads.ts'
import { checkThread } from '../validate/thread.ts'
import { demandOpen, messageOf } from './messages.ts'
import { demandGuild, param, payload, textChannelOf, threadOf, type Env, type Request } from './request.ts'

export function threadRoutes(app: Hono<Env>, state: State): void {
  const bot = state.bot.id
  const withMember = (thread: Thread) => ({ ...thread, member: state.threadMembers.get(thread.id)?.get(bot) })

  app.post('/channels/:channel/messages/:message/threads', (c) => {
    const parent = textChannelOf(state, c)
    demand(state, bot, parent, May.CreatePublicThreads)
    checkThread(payload(c), 'from message')
    const thread = createThread(state, { parent, owner: bot, body: payload<ThreadBody>(c), from: messageOf(state, c) })
    return c.json(withMember(thread), 201)
  })

  app.post('/channels/:channel/threads', (c) => {
    const parent = textChannelOf(state, c)
    checkThread(payload(c), 'alone')
    const body = payload<ThreadBody>(c)
    const open = body.type === ChannelType.PublicThread
    demand(state, bot, parent, open ? May.CreatePublicThreads : May.CreatePrivateThreads)
    const thread = createThread(state, { parent, owner: bot, body })
    // Only a public thread is announced in its channel.
    if (open) {
      const extra = {
        type: MessageType.ThreadCreated as const,
        message_reference: { type: MessageReferenceType.Default, channel_id: thread.id, guild_id: state.guild.id },
      }
      createMessage(state, { channel: parent, author: state.bot, body: { content: body.name }, extra })
    }
    return c.json(withMember(thread), 201)
  })

  app.get('/channels/:channel/thread-members', (c) =>
    c.json([...(state.threadMembers.get(threadOf(state, c).id)?.values() ?? [])]),
  )
  app.get('/channels/:channel/thread-members/:user', (c) => {
    const member = state.threadMembers.get(threadOf(state, c).id)?.get(userOf(state, c))
    if (member === undefined) throw failure.unknownMember()
    return c.json(member)
  })
  app.put('/channels/:channel/thread-members/:user', (c) => {
    const thread = threadOf(state, c)
    const user = userOf(state, c)
    demand(state, bot, thread, user === bot ? May.ViewChannel : May.SendMessagesInThreads)
    demandOpen(thread)
    if (!state.members.has(user)) throw failure.unknownMember()
    joinThread(state, thread, user)
    return c.body(null, 204)
  })
  app.delete('/channels/:channel/thread-members/:user', (c) => {
    const thread = threadOf(state, c)
    const user = userOf(state, c)
    if (user !== bot) demand(state, bot, thread, May.ManageThreads)
    demandOpen(thread)
    leaveThread(state, thread, user)
    return c.body(null, 204)
  })

  app.get('/guilds/:guild/threads/active', (c) => {
    demandGuild(state, c)
    return c.json(listing(state, activeThreads(state)))
  })
  for (const path of [
    '/channels/:channel/threads/archived/public',
    '/channels/:channel/threads/archived/private',
  ] as const) {
    app.get(path, (c) => {
      const parent = textChannelOf(state, c)
      const type = path.endsWith('public') ? ChannelType.PublicThread : ChannelType.PrivateThread
      const threads = [...state.channels.values()]
        .filter(isThread)
        .filter((one) => one.parent_id === parent.id && one.type === type)
      return c.json({
        ...listing(
          state,
          threads.filter((one) => one.thread_metadata.archived),
        ),
        has_more: false,
      })
    })
  }
}

function userOf(state: State, c: Request): string {
  const user = param(c, 'user')
  return user === '@me' ? state.bot.id : user
}

/** Threads, and the bot's membership in each. */
function listing(state: State, threads: Thread[]) {
  return { threads, members: threads.flatMap((one) => state.threadMembers.get(one.id)?.get(state.bot.id) ?? []) }
}
