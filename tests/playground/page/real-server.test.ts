import {
  ApplicationCommandOptionType as OptionType,
  ButtonStyle,
  ComponentType,
  type Interaction,
  MessageFlags,
  TextInputStyle,
} from 'discord.js'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bot } from '../server/bot.ts'
import { launch, noBrowser, sit } from './browser.ts'

const commands = [
  {
    name: 'run',
    description: 'Things to run',
    options: [
      {
        type: OptionType.Subcommand,
        name: 'start',
        description: 'Start one',
        options: [{ type: OptionType.String, name: 'model', description: 'Which', required: true, autocomplete: true }],
      },
      { type: OptionType.Subcommand, name: 'silent', description: 'Never answered' },
    ],
  },
]

const card = (text: string) => [
  { type: ComponentType.Container as const, components: [{ type: ComponentType.TextDisplay as const, content: text }] },
  {
    type: ComponentType.ActionRow as const,
    components: [
      { type: ComponentType.Button as const, style: ButtonStyle.Primary as const, custom_id: 'edit', label: 'Edit' },
    ],
  },
]

/** A bot as small as one can be that uses a command, autocomplete, a button, a modal, a thread and a ping. */
async function answer(interaction: Interaction) {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused()
    return interaction.respond([{ name: `model ${typed}`, value: `id:${typed}` }])
  }
  if (interaction.isChatInputCommand() && interaction.options.getSubcommand() === 'start') {
    const model = interaction.options.getString('model', true)
    return interaction.reply({ flags: MessageFlags.IsComponentsV2, components: card(`### Draft of ${model}`) })
  }
  if (interaction.isButton()) {
    return interaction.showModal({
      custom_id: 'edit',
      title: 'Edit',
      components: [
        {
          type: ComponentType.Label,
          label: 'Note',
          component: { type: ComponentType.TextInput, style: TextInputStyle.Short, custom_id: 'note' },
        },
      ],
    })
  }
  if (interaction.isModalSubmit()) {
    const note = interaction.fields.getTextInputValue('note')
    await interaction.reply({ content: `Noted: ${note}`, flags: MessageFlags.Ephemeral })
    const message = interaction.isFromMessage() ? interaction.message : null
    const thread = await message?.startThread({ name: 'Notes' })
    await thread?.send({
      content: `<@${interaction.user.id}> **${note}**`,
      allowedMentions: { users: [interaction.user.id] },
    })
  }
  return undefined
}

describe.skipIf(noBrowser !== null)('the page on the real server', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  it('uses a bot from command to modal, thread and ping', async () => {
    await using world = await bot({ commands, on: answer })
    const { page, context, complaints } = await sit(browser, world.playground.url)
    await page.getByRole('textbox', { name: 'Message #training' }).fill('/run start ')
    await page.getByRole('combobox', { name: 'model' }).fill('tiny')
    await page.getByRole('option', { name: 'model tiny' }).waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')

    const draft = page.locator('.message', { hasText: 'Draft of id:tiny' })
    await draft.getByText('Alice used /run start').waitFor()
    await draft.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Note' }).fill('longer texts')
    await page.keyboard.press('Enter')

    const noted = page.locator('.message-ephemeral', { hasText: 'Noted: longer texts' })
    await noted.getByText('Only you can see this').waitFor()
    await page.getByText('finetune mentioned you in Notes').click()
    await page.getByRole('region', { name: 'Thread: Notes' }).locator('.message-pings strong').waitFor()
    await noted.getByRole('button', { name: 'Dismiss message' }).click()
    await noted.waitFor({ state: 'detached' })
    await context.close()
    expect(complaints).toEqual([])
    expect(world.errors).toEqual([])
  })

  it.each([
    ['desk', true],
    ['phone', false],
  ] as const)('can be typed into at once, unless a %s would open its keyboard for that', async (size, focused) => {
    await using world = await bot({ commands, on: answer })
    const { page, context } = await sit(browser, world.playground.url, size)
    await page.getByRole('textbox', { name: 'Message #training' }).waitFor()
    // Effects run after the first picture.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    expect(await page.locator('textarea:focus').count()).toBe(focused ? 1 : 0)
    await context.close()
  })

  it('says so when the bot does not answer', async () => {
    await using world = await bot({ commands, on: answer, playground: { deadlineMs: 300 } })
    const { page, context } = await sit(browser, world.playground.url)
    await page.getByRole('textbox', { name: 'Message #training' }).fill('/run silent ')
    await page.getByLabel('End of the command').press('Enter')
    await page.locator('.message-failed').getByText('The application did not respond').waitFor()
    await context.close()
  })
})
