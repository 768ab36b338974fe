import {
  AttachmentBuilder,
  ButtonStyle,
  ContainerBuilder,
  DiscordAPIError,
  GatewayIntentBits,
  MessageFlags,
  type Message,
  type TextChannel,
} from 'discord.js'
import { expect, test } from 'vitest'
import { bot } from './bot.ts'

async function world() {
  const here = await bot()
  const training = here.client.channels.cache.get(here.playground.ids.training) as TextChannel
  return { ...here, training, [Symbol.asyncDispose]: here[Symbol.asyncDispose] }
}
const file = (name: string, text = 'x') => new AttachmentBuilder(Buffer.from(text), { name })

test('send, edit, fetch, delete; the screen shows each', async () => {
  await using here = await world()
  const alice = here.playground.as('alice')
  const message = await here.training.send('one')
  expect(alice.screen()).toContain('#training\nfinetune:\none')
  await message.edit('two')
  expect(alice.screen()).toContain('finetune (edited):\ntwo')
  expect((await here.training.messages.fetch({ message: message.id, force: true })).content).toBe('two')
  await message.delete()
  expect(alice.screen()).not.toContain('two')
  await expect(message.edit('three')).rejects.toMatchObject({ code: 10008 })
})

test('what people write is read with the intent for message content, or where it mentions the bot', async () => {
  const read = async (privilegedIntents: number) => {
    await using here = await bot({ playground: { privilegedIntents } })
    const { training: channel, bot: id } = here.playground.ids
    const training = here.client.channels.cache.get(channel) as TextChannel
    const bob = here.playground.as('bob')
    const [plain, mention] = [bob.send('ModuleNotFoundError'), bob.send(`<@${id}> help`)]
    await training.send('my own')
    const one = await training.messages.fetch({ message: plain.id, force: true })
    const all = await training.messages.fetch({ limit: 3 })
    expect(one.content).toBe(all.get(plain.id)?.content)
    return [one.content, all.get(mention.id)?.content.replace(id, 'id'), all.first()?.content]
  }
  expect(await read(0)).toEqual(['', '<@id> help', 'my own'])
  expect(await read(GatewayIntentBits.MessageContent)).toEqual(['ModuleNotFoundError', '<@id> help', 'my own'])
})

test('history comes newest first, before, after and around an id', async () => {
  await using here = await world()
  const sent: Message[] = []
  for (let i = 0; i < 6; i += 1) sent.push(await here.training.send(`m${i}`))
  const texts = async (options: object) =>
    [...(await here.training.messages.fetch(options)).values()].map(({ content }) => content)
  expect(await texts({ limit: 2 })).toEqual(['m5', 'm4'])
  expect(await texts({ limit: 2, before: sent[3]?.id })).toEqual(['m2', 'm1'])
  expect(await texts({ limit: 2, after: sent[3]?.id })).toEqual(['m5', 'm4'])
  expect(await texts({ limit: 3, around: sent[3]?.id })).toEqual(['m4', 'm3', 'm2'])
})

test('files can be fetched; an edit keeps what it lists and drops the rest', async () => {
  await using here = await world()
  const message = await here.training.send({ files: [file('a.txt', 'hello'), file('b.txt')] })
  const [first] = [...message.attachments.values()]
  const response = await fetch(first?.url ?? '')
  expect([await response.text(), response.headers.get('content-type')]).toEqual(['hello', first?.contentType])
  expect((await fetch((first?.url ?? '').replace('hm=', 'hm=0'))).status).toBe(404)
  await message.edit({ content: 'kept all' })
  expect(message.attachments.size).toBe(2)
  const edited = await message.edit({ attachments: first === undefined ? [] : [first], files: [file('c.txt')] })
  expect(edited.attachments.map(({ name }) => name)).toEqual(['a.txt', 'c.txt'])
  here.playground.inject.passTime(25 * 3600_000)
  expect((await fetch(first?.url ?? '')).status).toBe(404)
})

test('Components V2: pictures and files are resolved, ids are given', async () => {
  await using here = await world()
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const message = await here.training.send({
    flags: MessageFlags.IsComponentsV2,
    files: [new AttachmentBuilder(png, { name: 'loss.png' })],
    components: [
      new ContainerBuilder()
        .addTextDisplayComponents((one) => one.setContent('## Run 1'))
        .addMediaGalleryComponents((one) =>
          one.addItems((item) => item.setURL('attachment://loss.png').setDescription('loss 0.1')),
        )
        .addSectionComponents((one) =>
          one
            .addTextDisplayComponents((inner) => inner.setContent('loss'))
            .setButtonAccessory((stop) => stop.setCustomId('s').setLabel('Stop').setStyle(ButtonStyle.Primary)),
        ),
    ],
  })
  const container = message.components[0]?.toJSON() as {
    components: { id: number; items?: { media: Record<string, unknown> }[] }[]
  }
  expect(container.components.map(({ id }) => id)).toEqual([2, 3, 4])
  expect(container.components[1]?.items?.[0]?.media).toMatchObject({ width: 1, height: 1, content_type: 'image/png' })
  expect(here.playground.as('alice').screen()).toContain('## Run 1\n(picture: loss 0.1)\nloss\n[Stop]')
})

test('the same nonce sends once', async () => {
  await using here = await world()
  const first = await here.training.send({ content: 'x', nonce: 'n1', enforceNonce: true })
  const second = await here.training.send({ content: 'x', nonce: 'n1', enforceNonce: true })
  const other = await here.training.send({ content: 'x', nonce: 'n2', enforceNonce: true })
  expect(second.id).toBe(first.id)
  expect(other.id).not.toBe(first.id)
  here.playground.inject.passTime(10 * 60_000)
  expect((await here.training.send({ content: 'x', nonce: 'n1', enforceNonce: true })).id).not.toBe(first.id)
})

test('mentions: only what is allowed notifies; an edit without allowed_mentions reads them again, and notifies nobody', async () => {
  await using here = await world()
  const { alice, bob, reviewer } = here.playground.ids
  const text = `<@${alice}> <@&${reviewer}> @everyone \`<@${bob}>\``
  const silent = await here.training.send(text)
  expect(silent.mentions.users.size + silent.mentions.roles.size).toBe(0)
  const some = await here.training.send({ content: text, allowedMentions: { users: [alice] } })
  expect([...some.mentions.users.keys()]).toEqual([alice])
  const all = await here.training.send({ content: text, allowedMentions: { parse: ['users', 'roles', 'everyone'] } })
  expect([...all.mentions.roles.keys()]).toEqual([reviewer])
  // The bot may not mention everyone.
  expect(all.mentions.everyone).toBe(false)
  const pings = () => [here.playground.as('alice').pings.length, here.playground.as('bob').pings.length]
  expect(pings()).toEqual([2, 1])
  await here.training.send({
    content: text,
    allowedMentions: { parse: ['users'] },
    flags: MessageFlags.SuppressNotifications,
  })
  await here.client.rest.patch(`/channels/${here.training.id}/messages/${silent.id}`, { body: { content: text } })
  expect(
    here.playground
      .as('alice')
      .messages()[0]
      ?.mentions.map(({ id }) => id),
  ).toEqual([alice])
  expect(pings()).toEqual([2, 1])
})

test('replies, reactions and pins', async () => {
  await using here = await world()
  const bob = here.playground.as('bob')
  const asked = bob.send('who?')
  await here.training.send({
    content: 'me',
    reply: { messageReference: asked.id },
    allowedMentions: { repliedUser: true },
  })
  expect(bob.pings).toHaveLength(1)
  const message = await here.training.messages.fetch(asked.id)
  await message.react('✅')
  await message.react('1️⃣')
  expect(bob.screen()).toContain('✅ 1  1️⃣ 1')
  await message.reactions.cache.get('✅')?.users.remove()
  expect(bob.screen()).not.toContain('✅')
  await message.pin()
  expect((await here.training.messages.fetchPins()).items.map(({ message: { id } }) => id)).toEqual([asked.id])
  await message.unpin()
  await expect(message.react('nope')).rejects.toMatchObject({ code: 10014 })
})

const row = (...components: object[]) => ({ type: 1, components })
const button = (more: object = {}) => ({ type: 2, style: 1, custom_id: 'a', label: 'x', ...more })
const text = (content: string) => ({ type: 10, content })
const V2 = MessageFlags.IsComponentsV2
test.each<[string, object, string]>([
  ['2001 characters', { content: 'x'.repeat(2001) }, 'content[BASE_TYPE_MAX_LENGTH]: Must be 2000 or fewer'],
  ['nothing', { content: ' ' }, 'Cannot send an empty message'],
  ['a typo', { contnt: 'x', content: 'x' }, 'contnt[UNKNOWN_FIELD]'],
  [
    'a deep typo',
    { flags: V2, components: [{ type: 17, components: [{ ...text('a'), colour: 1 }] }] },
    'components[0].components[0].colour[UNKNOWN_FIELD]',
  ],
  [
    'an embed of 6001',
    { embeds: [{ description: 'x'.repeat(3001) }, { description: 'x'.repeat(3000) }] },
    'embeds[MAX_EMBED_SIZE_EXCEEDED]',
  ],
  [
    'an empty embed field',
    { embeds: [{ fields: [{ name: 'a', value: ' ' }] }] },
    'embeds[0].fields[0].value[BASE_TYPE_REQUIRED]',
  ],
  ['11 embeds', { embeds: Array(11).fill({ title: 'a' }) }, 'embeds[BASE_TYPE_MAX_LENGTH]'],
  [
    'the same custom_id twice',
    { components: [row(button(), button())], content: 'x' },
    'components[0].components[1].custom_id[COMPONENT_CUSTOM_ID_DUPLICATED]',
  ],
  [
    'a button without custom_id',
    { components: [row({ type: 2, style: 1, label: 'x' })], content: 'x' },
    'components[0].components[0].custom_id[BASE_TYPE_REQUIRED]',
  ],
  [
    'a link with a custom_id',
    { components: [row(button({ style: 5, url: 'https://a.b' }))], content: 'x' },
    'COMPONENT_CUSTOM_ID_AND_URL',
  ],
  [
    'a custom_id of 101',
    { components: [row(button({ custom_id: 'x'.repeat(101) }))], content: 'x' },
    'components[0].components[0].custom_id[BASE_TYPE_MAX_LENGTH]',
  ],
  [
    'a label of 81',
    { components: [row(button({ label: 'x'.repeat(81) }))], content: 'x' },
    'components[0].components[0].label[BASE_TYPE_MAX_LENGTH]',
  ],
  [
    'six buttons in a row',
    { components: [row(...[1, 2, 3, 4, 5, 6].map((i) => button({ custom_id: `${i}` })))], content: 'x' },
    'components[0].components[BASE_TYPE_MAX_LENGTH]',
  ],
  [
    'six rows',
    { components: [1, 2, 3, 4, 5, 6].map((i) => row(button({ custom_id: `${i}` }))), content: 'x' },
    'components[BASE_TYPE_MAX_LENGTH]: Must be 5',
  ],
  [
    'a select beside a button',
    { components: [row(button(), { type: 5, custom_id: 'b' })], content: 'x' },
    'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
  ],
  [
    'V2 and content',
    { flags: V2, content: 'x', components: [text('y')] },
    'content[MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2]',
  ],
  ['V2 components without the flag', { components: [text('y')] }, 'components[0].type[UNION_TYPE_CHOICES]'],
  [
    '4001 characters of text',
    { flags: V2, components: [text('x'.repeat(2001)), text('y'.repeat(2000))] },
    'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
  ],
  [
    '41 components',
    {
      flags: V2,
      components: [1, 2, 3, 4, 5].map(() => ({ type: 17, components: Array.from({ length: 8 }, () => text('a')) })),
    },
    'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
  ],
  [
    'a text input',
    { components: [row({ type: 4, custom_id: 'a', style: 1, label: 'x' })], content: 'x' },
    'components[0].components[0].type[UNION_TYPE_CHOICES]',
  ],
  ['an unknown component', { flags: V2, components: [{ type: 99 }] }, 'components[0].type[UNION_TYPE_CHOICES]'],
  [
    'a picture that is not there',
    { flags: V2, components: [{ type: 12, items: [{ media: { url: 'attachment://no.png' } }] }] },
    'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
  ],
  [
    'parse and users at once',
    { content: 'x', allowed_mentions: { parse: ['users'], users: ['1574612281965154306'] } },
    'allowed_mentions[MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE]',
  ],
  ['a nonce of 26', { content: 'x', nonce: 'x'.repeat(26) }, 'nonce[BASE_TYPE_MAX_LENGTH]'],
])('a message with %s is refused', async (_, body, fault) => {
  await using here = await world()
  const error = await here.client.rest
    .post(`/channels/${here.training.id}/messages`, { body })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DiscordAPIError)
  expect((error as DiscordAPIError).message).toContain(fault)
})

test('40 components and 4000 characters are taken', async () => {
  await using here = await world()
  const components = [1, 2, 3, 4, 5].map(() => ({
    type: 17,
    components: Array.from({ length: 7 }, () => text('a'.repeat(114))),
  }))
  await expect(
    here.client.rest.post(`/channels/${here.training.id}/messages`, { body: { flags: V2, components } }),
  ).resolves.toBeDefined()
})

test('the edit that turns a message into V2 takes away what it had; the flag stays', async () => {
  await using here = await world()
  const message = await here.training.send('old')
  const edit = (body: object) =>
    here.client.rest.patch(`/channels/${here.training.id}/messages/${message.id}`, { body })
  await expect(edit({ flags: V2, components: [text('new')] })).rejects.toThrow('content[MESSAGE_CANNOT_USE_LEGACY')
  await edit({ flags: V2, content: null, components: [text('new')] })
  await edit({ components: [text('newer')] })
  await expect(edit({ content: 'back' })).rejects.toThrow('content[MESSAGE_CANNOT_USE_LEGACY')
  expect(here.playground.as('alice').screen()).toContain('newer')
})
