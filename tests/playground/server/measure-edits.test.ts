import type { Message, TextChannel } from 'discord.js'
import { expect, test } from 'vitest'
import { bot } from './bot.ts'
import { measureEdits } from './measure-edits.ts'

const shows = (screen: string, event: number) => screen.includes(`step ${event}.`)

test('counts what reaches Discord: every event of a naive writer, few of one that keeps only the latest', async () => {
  await using here = await bot()
  const { playground } = here
  const channel = here.client.channels.cache.get(playground.ids.training) as TextChannel
  const measure = async (push: (card: Message, event: number) => unknown) => {
    const card = await channel.send('step 0.')
    const result = await measureEdits({
      playground,
      message: card.id,
      events: 20,
      everyMs: 20,
      push: (event) => push(card, event),
      shows,
    })
    await card.delete()
    return result
  }

  const naive = await measure((card, event) => card.edit(`step ${event}.`))
  let waiting: string | null = null
  let busy = false
  const write = async (card: Message) => {
    busy = true
    while (waiting !== null) {
      const text = waiting
      waiting = null
      await card.edit(text)
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    busy = false
  }
  const latest = await measure((card, event) => {
    waiting = `step ${event}.`
    if (!busy) void write(card)
  })
  expect(naive).toMatchObject({ edits: 20, limited: 0 })
  expect(latest.edits).toBeLessThan(10)
})
