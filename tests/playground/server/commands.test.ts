import { readFile } from 'node:fs/promises'
import { DiscordAPIError, type ChatInputCommandInteraction } from 'discord.js'
import { expect, test } from 'vitest'
import { bot } from './bot.ts'

const finetune = {
  name: 'finetune',
  description: 'Fine-tune models',
  options: [
    {
      type: 1,
      name: 'start',
      description: 'Start a run',
      options: [
        { type: 3, name: 'model', description: 'Model', required: true, autocomplete: true },
        { type: 4, name: 'epochs', description: 'How many', min_value: 1, max_value: 50 },
        { type: 10, name: 'rate', description: 'Learning rate' },
        { type: 5, name: 'quiet', description: 'Say less' },
        { type: 6, name: 'reviewer', description: 'Who' },
        { type: 7, name: 'channel', description: 'Where' },
        { type: 8, name: 'role', description: 'Which' },
        { type: 9, name: 'either', description: 'Who or which' },
        { type: 11, name: 'dataset', description: 'File' },
        { type: 3, name: 'size', description: 'Size', choices: [{ name: 'Small', value: 's' }] },
      ],
    },
    {
      type: 2,
      name: 'host',
      description: 'Hosts',
      options: [{ type: 1, name: 'add', description: 'Add one' }],
    },
  ],
}

async function world(run: (interaction: ChatInputCommandInteraction) => Promise<unknown>) {
  return bot({
    commands: [finetune],
    on: async (interaction) => {
      if (interaction.isChatInputCommand()) await run(interaction)
      if (interaction.isAutocomplete()) {
        const { name, value } = interaction.options.getFocused(true)
        await interaction.respond([{ name: `${name} ${value}`, value: 'tiny' }])
      }
    },
  })
}

test('a command reaches the bot with its options resolved, and the person sees the answer', async () => {
  let text = ''
  await using here = await world(async (interaction) => {
    const { options } = interaction
    const file = options.getAttachment('dataset', true)
    text = await (await fetch(file.url)).text()
    await interaction.reply(
      [
        options.getSubcommand(),
        options.getString('model', true),
        options.getInteger('epochs'),
        options.getNumber('rate'),
        options.getBoolean('quiet'),
        options.getUser('reviewer')?.displayName,
        options.getChannel('channel')?.name,
        options.getRole('role')?.name,
        options.getMentionable('either') !== null,
        file.name,
        options.getString('size'),
        interaction.memberPermissions?.has('ManageGuild'),
        interaction.appPermissions.has('ManageThreads'),
      ].join(' '),
    )
  })
  const screen = await here.playground.as('alice').command(
    'finetune start',
    {
      model: 'x',
      epochs: 3,
      rate: 2e-5,
      quiet: true,
      reviewer: 'Bob',
      channel: '#general',
      role: 'reviewer',
      either: '@Root',
      size: 'Small',
    },
    null,
    { dataset: { name: 'rows.csv', type: 'text/csv', bytes: new TextEncoder().encode('a,b') } },
  )
  expect(screen.text).toBe(
    'Alice used /finetune start\nfinetune:\nstart x 3 0.00002 true Bob general reviewer true rows.csv s false true',
  )
  expect(text).toBe('a,b')
  expect(here.errors).toEqual([])
})

test('subcommand groups, and commands that are not there', async () => {
  await using here = await world((interaction) =>
    interaction.reply(`${interaction.options.getSubcommandGroup()} ${interaction.options.getSubcommand()}`),
  )
  const alice = here.playground.as('alice')
  expect((await alice.command('finetune host add')).text).toContain('host add')
  await expect(alice.command('finetune')).rejects.toThrow('/finetune cannot be used alone')
  await expect(alice.command('finetune host remove')).rejects.toThrow('/finetune has no remove')
  await expect(alice.command('other')).rejects.toThrow('There is no command /other here')
})

test.each([
  [{}, 'model: This option is required'],
  [{ model: 'x', epochs: 1.5 }, 'epochs: Input a valid integer'],
  [{ model: 'x', epochs: 99 }, 'epochs: Input a number 50 or smaller'],
  [{ model: 'x', size: 'Huge' }, 'size: Choose one of Small'],
  [{ model: 'x', reviewer: 'Nobody' }, 'reviewer: Select a user'],
  [{ model: 'x', colour: 'red' }, 'There is no option colour'],
])('what Discord would not send is refused beside the field: %j', async (options, message) => {
  await using here = await world((interaction) => interaction.reply('never'))
  await expect(here.playground.as('alice').command('finetune start', options)).rejects.toThrow(message)
})

test('autocomplete asks the bot', async () => {
  await using here = await world((interaction) => interaction.reply('never'))
  const choices = await here.playground.as('alice').autocomplete('finetune start', { model: 'ti' }, 'model')
  expect(choices).toEqual([{ name: 'model ti', value: 'tiny' }])
})

test('a command that needs a permission is offered to those who have it', async () => {
  await using here = await bot({
    commands: [{ name: 'settings', description: 'Server settings', default_member_permissions: '32' }],
    on: async (interaction) => interaction.isChatInputCommand() && interaction.reply('done'),
  })
  await expect(here.playground.as('alice').command('settings')).rejects.toThrow('no command /settings')
  expect((await here.playground.as('root').command('settings')).text).toContain('done')
})

test('commands are listed, patched and deleted; a bulk registration keeps the ids of names it knows', async () => {
  await using here = await bot({ commands: [finetune] })
  const commands = here.client.application?.commands
  const guild = here.playground.ids.guild
  const [first] = [...((await commands?.fetch({ guildId: guild }))?.values() ?? [])]
  await commands?.set(
    [
      { name: 'finetune', description: 'Other' },
      { name: 'ping', description: 'Pong' },
    ],
    guild,
  )
  const after = await commands?.fetch({ guildId: guild })
  expect(after?.map(({ name }) => name)).toEqual(['finetune', 'ping'])
  expect(after?.find(({ name }) => name === 'finetune')?.id).toBe(first?.id)
  const ping = after?.find(({ name }) => name === 'ping')
  await ping?.edit({ description: 'Changed' })
  await first?.delete()
  expect((await commands?.fetch({ guildId: guild }))?.map(({ name, description }) => `${name} ${description}`)).toEqual(
    ['ping Changed'],
  )
})

const option = (more: object) => ({ type: 3, name: 'a', description: 'b', ...more })
test.each([
  ['upper case', { name: 'FineTune', description: 'x' }, '0.name[APPLICATION_COMMAND_INVALID_NAME]'],
  ['a space', { name: 'fine tune', description: 'x' }, '0.name[APPLICATION_COMMAND_INVALID_NAME]'],
  ['no description', { name: 'a' }, '0.description[BASE_TYPE_REQUIRED]'],
  ['a long description', { name: 'a', description: 'x'.repeat(101) }, '0.description[BASE_TYPE_MAX_LENGTH]'],
  [
    'required after optional',
    { name: 'a', description: 'x', options: [option({}), option({ name: 'c', required: true })] },
    '0.options[1].required[APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID]',
  ],
  [
    'the same option twice',
    { name: 'a', description: 'x', options: [option({}), option({})] },
    '0.options[1].name[APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_USED]',
  ],
  [
    'choices and autocomplete',
    { name: 'a', description: 'x', options: [option({ autocomplete: true, choices: [{ name: 'a', value: 'b' }] })] },
    '0.options[0]',
  ],
  [
    'a subcommand beside an option',
    { name: 'a', description: 'x', options: [option({}), { type: 1, name: 's', description: 't' }] },
    'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
  ],
  [
    '26 options',
    { name: 'a', description: 'x', options: Array.from({ length: 26 }, (_, i) => option({ name: `a${i}` })) },
    '0.options[BASE_TYPE_MAX_LENGTH]',
  ],
  [
    '8001 characters',
    {
      name: 'a',
      description: 'x',
      options: Array.from({ length: 20 }, (_, i) =>
        option({
          name: `a${i}`,
          choices: Array.from({ length: 20 }, (_, j) => ({ name: `${j}`, value: 'v'.repeat(20) })),
        }),
      ),
    },
    'APPLICATION_COMMAND_TOO_LARGE',
  ],
  ['a typo', { name: 'a', description: 'x', optoins: [] }, '0.optoins[UNKNOWN_FIELD]'],
  [
    'a menu command with a description',
    { name: 'Explain', type: 3, description: 'x' },
    'APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID',
  ],
])('a command with %s is refused', async (_, command, fault) => {
  await using here = await bot()
  const { application, guild } = here.playground.ids
  const error = await here.client.rest
    .put(`/applications/${application}/guilds/${guild}/commands`, { body: [command] })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DiscordAPIError)
  expect((error as DiscordAPIError).message).toContain(fault)
})

test('the declaration of the specification names only schemas that are there', async () => {
  const spec = (await import('discord-api-spec/zod')) as Record<string, unknown>
  const declared = await readFile(
    new URL('../../../src/playground/server/validate/discord-api-spec.d.ts', import.meta.url),
    'utf8',
  )
  const names = [...declared.matchAll(/export const (\w+):/g)].map((match) => match[1] ?? '')
  expect(names.length).toBeGreaterThan(10)
  for (const name of names) expect(spec[name], name).toBeDefined()
})
