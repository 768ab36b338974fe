import { ChannelType, PermissionFlagsBits as May, ThreadAutoArchiveDuration, type TextChannel } from 'discord.js'
import { expect, test } from 'vitest'
import { bot } from './bot.ts'

async function world() {
  const here = await bot()
  const training = here.client.channels.cache.get(here.playground.ids.training) as TextChannel
  return { ...here, training, [Symbol.asyncDispose]: here[Symbol.asyncDispose] }
}

test('a thread from a message has its id, and there is only one', async () => {
  await using here = await world()
  const alice = here.playground.as('alice')
  const message = await here.training.send('#42 started')
  const thread = await message.startThread({ name: 'run 42', autoArchiveDuration: ThreadAutoArchiveDuration.OneDay })
  expect(thread.id).toBe(message.id)
  await thread.send('step 1')
  alice.send('nice', thread.id)
  expect(alice.screen(thread.id)).toBe('#training > run 42\nfinetune:\nstep 1\nAlice:\nnice')
  expect(thread.messageCount).toBe(0)
  expect((await thread.fetch(true)).messageCount).toBe(2)
  await expect(message.startThread({ name: 'again' })).rejects.toMatchObject({ code: 160004 })
  expect((await here.training.threads.fetchActive()).threads.size).toBe(1)
})

test('without a message: private by default on the wire, public by discord.js; private ones are for members', async () => {
  await using here = await world()
  const open = await here.training.threads.create({ name: 'open' })
  expect(open.type).toBe(ChannelType.PublicThread)
  const raw = (await here.client.rest.post(`/channels/${here.training.id}/threads`, { body: { name: 'shut' } })) as {
    id: string
    type: number
  }
  expect(raw.type).toBe(ChannelType.PrivateThread)
  const alice = here.playground.as('alice')
  expect(alice.screen()).toContain('open')
  expect(alice.screen()).not.toContain('shut')
  const shut = here.client.channels.cache.get(raw.id)
  if (shut?.isThread() !== true) throw new Error('no thread')
  await shut.members.add(alice.id)
  expect(alice.screen()).toContain('shut')
  await shut.members.remove(alice.id)
  expect(alice.screen()).not.toContain('shut')
})

test('a mention brings a person into the thread', async () => {
  await using here = await world()
  const thread = await here.training.threads.create({ name: 'run' })
  await thread.send({ content: `<@${here.playground.ids.bob}>`, allowedMentions: { parse: ['users'] } })
  expect((await thread.members.fetch()).has(here.playground.ids.bob)).toBe(true)
  expect(here.playground.as('bob').pings).toHaveLength(1)
})

test('archived: no edits, sending brings it back; locked: only with ManageThreads', async () => {
  await using here = await world()
  const thread = await here.training.threads.create({ name: 'run' })
  const card = await thread.send('card')
  await thread.setArchived(true)
  await expect(card.edit('changed')).rejects.toMatchObject({ code: 50083 })
  await expect(card.react('✅')).rejects.toMatchObject({ code: 50083 })
  await thread.setArchived(false)
  await card.edit('changed')
  here.playground.inject.archive(thread.id)
  await thread.send('back')
  expect((await thread.fetch(true)).archived).toBe(false)
  here.playground.inject.archive(thread.id, { locked: true })
  expect(() => here.playground.as('alice').send('hello', thread.id)).toThrow('This thread is locked.')
  here.playground.inject.revoke(here.training.id, May.ManageThreads)
  await expect(thread.send('no')).rejects.toMatchObject({ code: 160005 })
})

test('rights: SendMessages counts in channels, SendMessagesInThreads in threads, ViewChannel everywhere', async () => {
  await using here = await world()
  const thread = await here.training.threads.create({ name: 'run' })
  const { inject } = here.playground
  inject.revoke(here.training.id, May.SendMessages)
  await expect(here.training.send('x')).rejects.toMatchObject({ code: 50013, status: 403 })
  await thread.send('x')
  inject.revoke(here.training.id, May.SendMessagesInThreads)
  await here.training.send('x')
  await expect(thread.send('x')).rejects.toMatchObject({ code: 50013 })
  inject.revoke(here.training.id)
  await expect(here.training.send('x')).rejects.toMatchObject({ code: 50001 })
  inject.restore(here.training.id)
  await here.training.send('x')
  inject.deleteChannel(thread.id)
  await expect(thread.send('x')).rejects.toMatchObject({ code: 10003 })
})

test('the bot hears of its threads, and of channels that go', async () => {
  await using here = await world()
  const heard: string[] = []
  here.client.on('threadCreate', ({ name }, fresh) => heard.push(`create ${name} ${fresh}`))
  here.client.on('threadUpdate', (_, { name, archived }) => heard.push(`update ${name} ${archived}`))
  here.client.on('threadDelete', ({ name }) => heard.push(`delete ${name}`))
  here.client.on('channelDelete', (channel) => heard.push(`gone ${'name' in channel ? channel.name : ''}`))
  const thread = await here.training.threads.create({ name: 'run' })
  await thread.setName('run 2')
  here.playground.inject.archive(thread.id)
  here.playground.inject.deleteChannel(thread.id)
  here.playground.inject.deleteChannel(here.playground.ids.general)
  await expect.poll(() => heard.length).toBe(5)
  expect(heard).toEqual(['create run true', 'update run 2 false', 'update run 2 true', 'delete run 2', 'gone general'])
})

test('an idle thread is archived when its time has passed', async () => {
  await using here = await world()
  const thread = await here.training.threads.create({
    name: 'run',
    autoArchiveDuration: ThreadAutoArchiveDuration.OneDay,
  })
  here.playground.inject.passTime(23 * 3600_000)
  expect((await thread.fetch(true)).archived).toBe(false)
  here.playground.inject.passTime(2 * 3600_000)
  expect((await thread.fetch(true)).archived).toBe(true)
})

test('the list of archived threads', async () => {
  await using here = await world()
  const thread = await here.training.threads.create({ name: 'run' })
  await thread.setArchived(true)
  expect((await here.training.threads.fetchArchived()).threads.map(({ name }) => name)).toEqual(['run'])
  expect((await here.training.threads.fetchActive()).threads.size).toBe(0)
})
