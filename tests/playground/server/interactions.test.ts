import {
  ButtonStyle,
  ComponentType,
  type DiscordAPIError,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  TextInputBuilder,
  TextInputStyle,
  type Interaction,
} from 'discord.js'
import { expect, test } from 'vitest'
import { bot, type BotOptions } from './bot.ts'

const go = { name: 'go', description: 'Go' }
const button = (custom_id: string, label: string, more: object = {}) => ({
  type: ComponentType.Button as const,
  style: ButtonStyle.Primary as const,
  custom_id,
  label,
  ...more,
})
const row = (...components: object[]) => ({ type: ComponentType.ActionRow as const, components }) as never

function world(on: (interaction: Interaction) => Promise<unknown>, more: BotOptions = {}) {
  return bot({ commands: [go, { name: 'Explain', type: 3 }], on, ...more })
}

test('a deferred answer thinks, is filled in, and is not "edited"', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await using here = await world(async (interaction) => {
    if (!interaction.isChatInputCommand()) return
    await interaction.deferReply()
    await held
    await interaction.editReply('at last')
  })
  const alice = here.playground.as('alice')
  const answer = alice.command('go')
  await alice.waitFor(/finetune is thinking…/)
  release()
  expect((await answer).text).toBe('Alice used /go\nfinetune:\nat last')
})

test('an ephemeral answer is seen by its person alone, and the bot edits and deletes it with the token', async () => {
  const seen: Interaction[] = []
  await using here = await world(async (interaction) => {
    seen.push(interaction)
    if (interaction.isChatInputCommand())
      await interaction.reply({
        content: 'secret <@!' + here.playground.ids.alice + '>',
        flags: MessageFlags.Ephemeral,
        allowedMentions: { parse: ['users'] },
      })
  })
  const alice = here.playground.as('alice')
  const screen = await alice.command('go')
  expect(screen.ephemeral).toBe(true)
  expect(alice.screen()).toContain('only you can see this')
  expect(alice.pings).toEqual([])
  expect(here.playground.as('bob').screen()).not.toContain('secret')
  const channel = here.client.channels.cache.get(here.playground.ids.training)
  if (!channel?.isTextBased()) throw new Error('no channel')
  await expect(channel.messages.fetch(screen.message ?? '')).rejects.toMatchObject({ code: 10008 })
  const [interaction] = seen
  if (interaction?.isChatInputCommand() !== true) throw new Error('no command')
  await interaction.editReply('changed')
  expect(alice.screen()).toContain('changed')
  await interaction.deleteReply()
  expect(alice.screen()).not.toContain('changed')
})

test('follow-ups: the first after a deferral fills it in, later ones reply to it', async () => {
  await using here = await world(async (interaction) => {
    if (!interaction.isChatInputCommand()) return
    await interaction.deferReply()
    await interaction.followUp('one')
    await interaction.followUp({ content: 'two', flags: MessageFlags.Ephemeral })
  })
  const alice = here.playground.as('alice')
  await alice.command('go')
  await alice.waitFor(/two/)
  expect(alice.messages().map(({ content }) => content)).toEqual(['one', 'two'])
  expect(
    here.playground
      .as('bob')
      .messages()
      .map(({ content }) => content),
  ).toEqual(['one'])
})

test('a token edits what it made and nothing else', async () => {
  const got: string[] = []
  await using here = await world(async (interaction) => {
    if (!interaction.isChatInputCommand()) return
    got.push(interaction.token)
    await interaction.reply(`answer ${got.length}`)
  })
  const alice = here.playground.as('alice')
  const first = await alice.command('go')
  await alice.command('go')
  const edit = (token: string | undefined) =>
    here.client.rest.patch(
      `/webhooks/${here.playground.ids.application}/${token ?? ''}/messages/${first.message ?? ''}`,
      {
        auth: false,
        body: { content: 'changed' },
      },
    )
  await expect(edit(got[1])).rejects.toMatchObject({ code: 10008 })
  await edit(got[0])
  expect(alice.screen()).toContain('changed')
})

test('a press: update, deferred update, new message', async () => {
  await using here = await world(async (interaction) => {
    if (interaction.isChatInputCommand()) {
      await interaction.reply({
        content: 'start',
        components: [
          row(
            button('up', 'Update'),
            button('later', 'Later'),
            button('new', 'New'),
            button('off', 'Off', { disabled: true }),
          ),
        ],
      })
    }
    if (!interaction.isButton()) return
    if (interaction.customId === 'up') await interaction.update('updated')
    if (interaction.customId === 'new') await interaction.reply('fresh')
    if (interaction.customId === 'later') {
      await interaction.deferUpdate()
      await interaction.editReply('later')
    }
  })
  const alice = here.playground.as('alice')
  const { buttons } = await alice.command('go')
  expect(buttons.map(({ label, disabled }) => `${label} ${disabled}`)).toEqual([
    'Update false',
    'Later false',
    'New false',
    'Off true',
  ])
  expect((await alice.press('Update')).text).toContain('updated')
  expect((await here.playground.as('bob').press('later')).text).toContain('later')
  expect((await alice.press('New')).text).toContain('fresh')
  await expect(alice.press('Off')).rejects.toThrow('disabled')
  await expect(alice.press('Nothing')).rejects.toThrow('Alice sees no button Nothing. There is [Update]')
})

test('selects of strings and of people', async () => {
  await using here = await world(async (interaction) => {
    if (interaction.isChatInputCommand()) {
      const options = [
        { label: 'Small', value: 's' },
        { label: 'Large', value: 'l' },
      ]
      await interaction.reply({
        components: [
          row({ type: 3, custom_id: 'size', placeholder: 'Size', options, max_values: 2 }),
          row({ type: 5, custom_id: 'who', placeholder: 'Who' }),
        ],
        content: 'pick',
      })
    }
    if (interaction.isStringSelectMenu()) await interaction.reply(interaction.values.join('+'))
    if (interaction.isUserSelectMenu())
      await interaction.reply(interaction.users.map(({ displayName }) => displayName).join('+'))
  })
  const alice = here.playground.as('alice')
  await alice.command('go')
  expect((await alice.select('Size', ['Small', 'l'])).text).toContain('s+l')
  expect((await alice.select('Who', 'Bob')).text).toContain('Bob')
  await expect(alice.select('Size', 'Huge')).rejects.toThrow('There is no Huge to select. There is Small, Large.')
})

test('a modal opens, keeps what was given, is checked and submitted, and stays open when the bot fails', async () => {
  let broken = true
  await using here = await world(
    async (interaction) => {
      if (interaction.isChatInputCommand())
        await interaction.reply({ content: 'card', components: [row(button('edit', 'Edit'))] })
      if (interaction.isButton()) {
        await interaction.showModal(
          new ModalBuilder()
            .setCustomId('m')
            .setTitle('Edit the run')
            .addLabelComponents(
              new LabelBuilder()
                .setLabel('Epochs')
                .setTextInputComponent(
                  new TextInputBuilder().setCustomId('e').setStyle(TextInputStyle.Short).setValue('3').setMaxLength(2),
                ),
              new LabelBuilder()
                .setLabel('Precision')
                .setStringSelectMenuComponent((select) =>
                  select
                    .setCustomId('p')
                    .addOptions({ label: 'bf16', value: 'bf16', default: true }, { label: 'fp32', value: 'fp32' }),
                ),
              new LabelBuilder().setLabel('Sure').setCheckboxComponent((box) => box.setCustomId('c')),
              new LabelBuilder()
                .setLabel('Data')
                .setFileUploadComponent((upload) => upload.setCustomId('f').setRequired(false)),
            ),
        )
      }
      if (interaction.isModalSubmit() && interaction.isFromMessage()) {
        if (broken) return
        const { fields } = interaction
        await interaction.update(
          `${fields.getTextInputValue('e')} ${fields.getStringSelectValues('p').join('')} ${fields.getCheckbox('c')} ${fields.getUploadedFiles('f')?.first()?.name}`,
        )
      }
    },
    { playground: { deadlineMs: 1_000 } },
  )
  const alice = here.playground.as('alice')
  await alice.command('go')
  const { modal, text } = await alice.press('Edit')
  expect(modal?.modal.title).toBe('Edit the run')
  expect(text).toContain('Epochs\n[3]')
  await expect(alice.submit({ Epochs: '100' })).rejects.toThrow('Epochs: Must be 2 or fewer in length.')
  await expect(alice.submit({ Epoch: '1' })).rejects.toThrow(
    'The modal has no field Epoch. It has Epochs, Precision, Sure, Data.',
  )
  await expect(alice.submit()).rejects.toThrow('Something went wrong. Try again.')
  expect(alice.modal()).not.toBeNull()
  broken = false
  const file = { name: 'a.csv', type: 'text/csv', bytes: new Uint8Array(3) }
  const screen = await alice.submit({ Epochs: '5', p: 'fp32', Sure: true, Data: [file] })
  expect(screen.text).toContain('5 fp32 true a.csv')
  expect(alice.modal()).toBeNull()
})

test('a message command gets its message', async () => {
  await using here = await world(async (interaction) => {
    if (interaction.isMessageContextMenuCommand())
      await interaction.reply(`about: ${interaction.targetMessage.content}`)
  })
  const alice = here.playground.as('alice')
  const { id } = alice.send('Traceback …')
  const screen = await alice.messageCommand(id, 'Explain')
  expect(screen.text).toBe('Alice used Explain\nfinetune:\nabout: Traceback …')
})

test('silence is said as Discord says it', async () => {
  await using here = await world(
    async (interaction) => {
      if (interaction.isChatInputCommand() && here.playground.as('alice').messages().length === 0) {
        await interaction.reply({ content: 'x', components: [row(button('b', 'B'))] })
      }
    },
    { playground: { deadlineMs: 600 } },
  )
  const alice = here.playground.as('alice')
  await alice.command('go')
  await expect(alice.press('B')).rejects.toThrow('This interaction failed')
  await expect(alice.command('go')).rejects.toThrow('The application did not respond')
})

test('too late, twice, too early and after a quarter of an hour', async () => {
  const got: Interaction[] = []
  await using here = await world((interaction) => Promise.resolve(got.push(interaction)), {
    playground: { deadlineMs: 600 },
  })
  const alice = here.playground.as('alice')
  await expect(alice.command('go')).rejects.toThrow('did not respond')
  const [late] = got
  if (late?.isChatInputCommand() !== true) throw new Error('no command')
  await expect(late.reply('late')).rejects.toMatchObject({ code: 10062, status: 404 })

  const answer = alice.command('go')
  await expect.poll(() => got.length).toBe(2)
  const command = got[1]
  if (command?.isChatInputCommand() !== true) throw new Error('no command')
  const followUp = `/webhooks/${command.applicationId}/${command.token}` as const
  await expect(here.client.rest.post(followUp, { auth: false, body: { content: 'early' } })).rejects.toMatchObject({
    code: 10015,
  })
  const response = await command.reply({ content: 'in time', withResponse: true })
  expect(response.resource?.message?.content).toBe('in time')
  expect((await answer).text).toContain('in time')
  const again = here.client.rest.post(`/interactions/${command.id}/${command.token}/callback`, {
    auth: false,
    body: { type: 4, data: { content: 'again' } },
  })
  await expect(again).rejects.toMatchObject({ code: 40060 })
  expect(here.playground.log.acks).toHaveLength(1)
  expect(here.playground.log.acks[0]).toMatchObject({ command: 'go', type: 4 })
  here.playground.inject.passTime(15 * 60_000 + 1)
  await expect(command.editReply('too old')).rejects.toMatchObject({ code: 50027, status: 401 })
})

test('answers that do not fit the interaction are refused', async () => {
  await using here = await world(async (interaction) => {
    if (!interaction.isChatInputCommand()) return
    const route = `/interactions/${interaction.id}/${interaction.token}/callback` as const
    const send = (body: object) =>
      here.client.rest.post(route, { auth: false, body }).catch((error: unknown) => (error as DiscordAPIError).message)
    const faults = [
      await send({ type: 7, data: { content: 'x' } }),
      await send({ type: 8, data: { choices: [] } }),
      await send({ type: 99 }),
      await send({ type: 4, data: { content: '' } }),
      await send({ type: 5, data: { flags: 1 << 15 } }),
      await send({ type: 9, data: { custom_id: 'a', title: 'x'.repeat(46), components: [] } }),
    ]
    await interaction.reply(faults.join('\n').slice(0, 1900))
  })
  const { text } = await here.playground.as('alice').command('go')
  expect(text).toContain('type[INTERACTION_CALLBACK_INVALID_TYPE]')
  expect(text).toContain('type[BASE_TYPE_CHOICES]')
  expect(text).toContain('Cannot send an empty message')
  expect(text).toContain('data.flags[')
  expect(text).toContain('data.title[BASE_TYPE_MAX_LENGTH]')
})
