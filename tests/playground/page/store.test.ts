import { describe, expect, it } from 'vitest'
import type { ShownMessage } from '../../../src/playground/protocol.ts'
import { pingsOf, unreadIn } from '../../../src/playground/page/reading.ts'
import { compareIds } from '../../../src/playground/page/snowflake.ts'
import { emptyScreen, fold, type PageEvent, type Screen } from '../../../src/playground/page/store.ts'
import type { Notice } from '../../../src/playground/protocol.ts'
import { ids } from './fixture/ids.ts'
import { message } from './fixture/message.ts'
import { emptyWorld, thread, users } from './fixture/world.ts'

const start = 1_800_000_000_000
const after = (screen: Screen, ...events: (Notice | PageEvent)[]) =>
  events.reduce((now, event) => fold(now, event, start), screen)
const opened = () =>
  after(
    emptyScreen,
    { say: 'state', state: emptyWorld() },
    { page: 'go', place: { channel: ids.training, thread: null } },
  )
const posted = (channel: string, minutes: number, rest: Partial<ShownMessage> = {}, author = users.bot) =>
  message(channel, author, start + minutes * 60_000, rest)
const shown = (screen: Screen, channel: string) => screen.state?.messages[channel]?.map(({ content }) => content)

describe('messages', () => {
  it('go where their ids belong, whatever order they come in', () => {
    const [one, two] = [posted(ids.training, 1, { content: 'one' }), posted(ids.training, 2, { content: 'two' })]
    const screen = after(opened(), { say: 'message', message: two }, { say: 'message', message: one })
    expect(shown(screen, ids.training)).toEqual(['one', 'two'])
  })

  it('are replaced by their edits and taken away when they are gone', () => {
    const one = posted(ids.training, 1, { content: 'one' })
    const edited = after(
      opened(),
      { say: 'message', message: one },
      { say: 'message', message: { ...one, content: 'edited' } },
    )
    expect(shown(edited, ids.training)).toEqual(['edited'])
    expect(shown(after(edited, { say: 'message gone', channel: ids.training, message: one.id }), ids.training)).toEqual(
      [],
    )
  })

  it('end the typing of who sent them', () => {
    const typing = after(opened(), { say: 'typing', channel: ids.training, user: ids.bob })
    expect(typing.typing[ids.training]).toEqual({ [ids.bob]: start })
    const sent = after(typing, { say: 'message', message: posted(ids.training, 1, {}, users.bob) })
    expect(sent.typing[ids.training]).toEqual({})
  })
})

describe('unread', () => {
  it('counts what others wrote since the channel was seen, and pings among it', () => {
    const screen = after(
      opened(),
      { say: 'message', message: posted(ids.reviews, 1) },
      { say: 'message', message: posted(ids.reviews, 2, { mentions: [users.alice] }) },
      { say: 'message', message: posted(ids.reviews, 3, {}, users.alice) },
    )
    expect(unreadIn(screen, ids.reviews, ids.alice)).toEqual({ messages: 2, pings: 1 })
    const seen = after(screen, { page: 'seen', channel: ids.reviews })
    expect(unreadIn(seen, ids.reviews, ids.alice)).toEqual({ messages: 0, pings: 0 })
  })

  it('is kept for each person apart, so that Bob finds his ping when Alice becomes Bob', () => {
    const screen = after(
      opened(),
      { say: 'message', message: posted(ids.training, 1, { mention_roles: [ids.reviewer] }) },
      { page: 'seen', channel: ids.training },
    )
    expect(pingsOf(screen, ids.alice)).toBe(0)
    expect(pingsOf(screen, ids.bob)).toBe(1)
    const state = screen.state ?? emptyWorld()
    const asBob = after(screen, { say: 'state', state: { ...state, me: ids.bob } })
    expect(pingsOf(asBob, ids.bob)).toBe(1)
    expect(unreadIn(asBob, ids.training, ids.alice)).toEqual({ messages: 0, pings: 0 })
  })

  it('does not call news what was there before the page was opened', () => {
    const world = emptyWorld()
    world.messages[ids.reviews] = [posted(ids.reviews, -5, { mentions: [users.alice] })]
    expect(pingsOf(after(emptyScreen, { say: 'state', state: world }), ids.alice)).toBe(0)
  })

  it('draws the line above the first new message, and not in a channel that was read', () => {
    const seen = posted(ids.reviews, 1)
    const screen = after(
      opened(),
      { say: 'message', message: seen },
      { page: 'seen', channel: ids.reviews },
      { say: 'message', message: posted(ids.reviews, 2) },
    )
    const reviews = { channel: ids.reviews, thread: null }
    expect(after(screen, { page: 'go', place: reviews }).newAfter[ids.reviews]).toBe(seen.id)
    const read = after(screen, { page: 'seen', channel: ids.reviews }, { page: 'go', place: reviews })
    expect(read.newAfter[ids.reviews]).toBeNull()
  })
})

describe('places', () => {
  it('are left when their thread or channel is gone', () => {
    const run = thread('150000000000000001', ids.training, '#42', ids.bot)
    const inThread = after(
      opened(),
      { say: 'channel', channel: run },
      { page: 'go', place: { channel: ids.training, thread: run.id } },
    )
    expect(after(inThread, { say: 'channel gone', channel: run.id }).place).toEqual({
      channel: ids.training,
      thread: null,
    })
    const gone = after(inThread, { say: 'channel gone', channel: ids.training })
    expect(gone.place).toBeNull()
    expect(gone.state?.channels.some(({ id }) => id === run.id)).toBe(false)
  })
})

describe('commands', () => {
  it('are shown as sent until they are answered, and stay with their error', () => {
    const sent = { id: 1, channel: ids.training, label: '/finetune start', error: null }
    const waiting = after(opened(), { page: 'command sent', sent })
    expect(waiting.sent).toEqual([sent])
    expect(after(waiting, { page: 'command answered', id: 1, error: null }).sent).toEqual([])
    const failed = after(waiting, { page: 'command answered', id: 1, error: 'The application did not respond' })
    expect(failed.sent[0]?.error).toBe('The application did not respond')
    expect(after(failed, { page: 'command dismissed', id: 1 }).sent).toEqual([])
  })
})

it('changes nothing before the server has said how things stand', () => {
  expect(after(emptyScreen, { say: 'message', message: posted(ids.training, 1) })).toBe(emptyScreen)
})

it('takes the longer of two ids for the younger', () => {
  expect(['1000', '999', '998'].sort(compareIds)).toEqual(['998', '999', '1000'])
})
