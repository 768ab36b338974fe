import { type AutocompleteInteraction, type Interaction, type RepliableInteraction } from 'discord.js'
import { findMessage, planMessage, sentMessage } from '../../storage/messages.ts'
import { findRun, type Run } from '../../storage/runs.ts'
import { decodeId } from '../cards/custom-id.ts'
import { sentence } from '../cards/layout.ts'
import { CHOICES } from '../cards/limits.ts'
import { UserError } from '../user-error.ts'
import { acknowledge, answerAtOnce, answerFailure, giveAnswer, whisper } from './acknowledge.ts'
import type { Bot } from './bot.ts'
import { SAID } from './narration.ts'
import { checkMay } from './permissions.ts'
import type { Reaction, Table } from './table.ts'

/** Leads everything that people do to its entry of the table. The function it returns never throws. */
export function makeRouter(bot: Bot, table: Table): (interaction: Interaction) => Promise<void> {
  const { log } = bot.context
  return async (interaction) => {
    if (interaction.isAutocomplete()) {
      await complete(bot, table, interaction)
      return
    }
    if (!interaction.isRepliable()) return
    try {
      await lead(bot, table, interaction)
    } catch (error) {
      await answerFailure(interaction, { error, how: null, log })
    }
  }
}

/** From what came to what shall be done with it: everything up to here is quick, and refuses before it acknowledges. */
async function lead(bot: Bot, table: Table, interaction: RepliableInteraction): Promise<void> {
  if (!interaction.inCachedGuild()) throw new UserError('I only work in servers.', 'Use me in a channel of a server.')
  if (interaction.isChatInputCommand()) {
    const react = subcommandOf(table, interaction)?.react
    if (!react) throw older('command')
    await perform(bot, interaction, react(interaction), { bot, interaction })
  } else if (interaction.isMessageContextMenuCommand()) {
    const command = table.messageCommands.find(({ definition }) => definition.name === interaction.commandName)
    if (!command) throw older('command')
    await perform(bot, interaction, command.react, { bot, interaction })
  } else if (interaction.isStringSelectMenu()) {
    const id = decodeId(interaction.customId)
    if (!id || !isKey(table.selects, id.action)) throw older('menu')
    await perform(bot, interaction, table.selects[id.action], { bot, interaction })
  } else if (interaction.isRoleSelectMenu()) {
    const id = decodeId(interaction.customId)
    if (!id || !isKey(table.roleSelects, id.action)) throw older('menu')
    await perform(bot, interaction, table.roleSelects[id.action], { bot, interaction })
  } else if (interaction.isButton()) {
    const id = decodeId(interaction.customId)
    if (!id || !isKey(table.buttons, id.action)) throw older('button')
    const button = table.buttons[id.action]
    if (button.who === 'no run') {
      await perform(bot, interaction, button, { bot, interaction, run_id: id.run, arg: id.arg })
      return
    }
    const run = runHere(bot, interaction, id.run)
    checkMay(button.who, { run, user_id: interaction.user.id, rights: interaction.memberPermissions })
    if (run.state === 'draft') adopt(bot, run, interaction.message.id)
    await perform(bot, interaction, button, { bot, interaction, run, arg: id.arg })
  } else if (interaction.isModalSubmit()) {
    const id = decodeId(interaction.customId)
    if (!id || !isKey(table.forms, id.action)) throw older('form')
    const form = table.forms[id.action]
    if (form.who === 'no run') {
      await perform(bot, interaction, form, { bot, interaction, run_id: id.run, arg: id.arg })
      return
    }
    const run = runHere(bot, interaction, id.run)
    checkMay(form.who, { run, user_id: interaction.user.id, rights: interaction.memberPermissions })
    await perform(bot, interaction, form, { bot, interaction, run, arg: id.arg })
  } else throw older('control')
}

/** Acknowledge first, work after, answer where it was promised. */
async function perform<Call>(
  bot: Bot,
  interaction: RepliableInteraction,
  reaction: Reaction<Call>,
  call: Call,
): Promise<void> {
  const { log } = bot.context
  if (reaction.acknowledge === 'form') {
    if (!('showModal' in interaction)) throw new Error('Expected an interaction that can open a form.')
    await interaction.showModal(reaction.form(call))
    return
  }
  if (reaction.acknowledge === 'at once') {
    await answerAtOnce(interaction, reaction.run(call))
    return
  }
  await reaction.refuse?.(call)
  const how = reaction.acknowledge
  const heard = await acknowledge(interaction, how, log)
  try {
    const answer = await reaction.run(call)
    if (!heard) return
    await giveAnswer(interaction, how, answer)
    for (const notice of bot.narrator.takeNotices(interaction.user.id)) await whisper(interaction, sentence(notice))
  } catch (error) {
    await answerFailure(interaction, { error, how, log })
  }
}

async function complete(bot: Bot, table: Table, interaction: AutocompleteInteraction): Promise<void> {
  const { log } = bot.context
  try {
    const choices =
      (interaction.inCachedGuild() && (await subcommandOf(table, interaction)?.complete?.({ bot, interaction }))) || []
    await interaction.respond(choices.slice(0, CHOICES))
  } catch (error) {
    log.warn({ err: error, age: Date.now() - interaction.createdTimestamp }, 'autocomplete failed')
  }
}

function subcommandOf(
  table: Table,
  interaction: { commandName: string; options: { getSubcommand: (required: false) => string | null } },
) {
  const command = table.commands.find(({ definition }) => definition.name === interaction.commandName)
  const name = interaction.options.getSubcommand(false)
  return command?.subcommands.find(({ definition }) => definition.name === name)
}

function runHere(bot: Bot, { guildId }: { guildId: string }, id: number): Run {
  const run = findRun(bot.context.database, id)
  if (run?.guild_id === guildId) return run
  throw new UserError(`There is no run #${id} on this server.`, '`/finetune list` shows those that there are.')
}

/** A process that died between answering `/finetune start` and remembering the answer left a draft without its message. */
function adopt(bot: Bot, run: Run, message_id: string): void {
  const { database } = bot.context
  const key = { run_id: run.id, key: SAID.channel }
  if (findMessage(database, key)?.message_id) return
  planMessage(database, { ...key, channel_id: run.channel_id })
  sentMessage(database, { ...key, message_id })
}

function older(what: string): UserError {
  return new UserError(
    `That ${what} is from another version of me.`,
    '`/finetune list` shows every run with fresh buttons in its thread.',
  )
}

function isKey<Keys extends object>(table: Keys, key: PropertyKey): key is keyof Keys {
  return Object.hasOwn(table, key)
}
