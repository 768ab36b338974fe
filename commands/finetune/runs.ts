import {
  type APIApplicationCommandStringOption,
  ApplicationCommandOptionType,
  type AutocompleteInteraction,
  type ChatInputCommandInteraction,
} from 'discord.js'
import { findRun, listRuns, type Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Call, Choices } from '../../src/bot/table.ts'
import { CHOICE_NAME_LENGTH, CHOICES } from '../../src/cards/limits.ts'
import { mark, runTitle } from '../../src/cards/names.ts'
import { clip } from '../../src/cards/user-text.ts'
import { hasEnded, isLive, type RunState } from '../../src/run/state.ts'
import { UserError } from '../../src/user-error.ts'

/** The option that names a run, as every command has it. */
export const runOption = (description: string, { name = 'run', required = true } = {}) =>
  ({
    type: ApplicationCommandOptionType.String,
    name,
    description,
    required,
    autocomplete: true,
    max_length: 100,
  }) as const satisfies APIApplicationCommandStringOption

/**
 * The run that a person named, of this server. What was typed need not be one of the choices that were offered.
 * Null when the option was left out. Throws UserError.
 */
export function namedRun(bot: Bot, interaction: ChatInputCommandInteraction<'cached'>, option = 'run'): Run | null {
  const written = interaction.options.getString(option)
  if (written === null) return null
  const digits = /^\s*#?(?<digits>\d{1,12})\b/.exec(written)?.groups?.digits
  const run = digits === undefined ? null : findRun(bot.context.database, Number(digits))
  if (run?.guild_id === interaction.guildId) return run
  const what = digits === undefined ? `a run such as #42, got \`${clip(written.replaceAll('`', ''), 60)}\`` : null
  throw new UserError(
    what === null ? `There is no run #${digits ?? ''} on this server.` : `Expected ${what}.`,
    '`/finetune list` shows those that there are.',
  )
}

/** As namedRun, for a required option. */
export function requiredRun(bot: Bot, interaction: ChatInputCommandInteraction<'cached'>): Run {
  const run = namedRun(bot, interaction)
  if (!run) throw new UserError('Which run? Name it, such as #42.')
  return run
}

/** Runs of this server whose number, model, dataset or state fits what is being typed; newest first. */
export function completeRun(
  fits: (state: RunState) => boolean = () => true,
  also: (bot: Bot, run: Run) => boolean = () => true,
) {
  return ({ bot, interaction }: Call<AutocompleteInteraction<'cached'>>): Choices => {
    const typed = interaction.options.getFocused().trim().toLowerCase().replace(/^#/, '')
    return listRuns(bot.context.database, { guild_id: interaction.guildId, limit: 200 })
      .filter((run) => fits(run.state) && run.state !== 'discarded')
      .filter((run) => typed === '' || searchable(run).includes(typed) || String(run.id).startsWith(typed))
      .filter((run) => also(bot, run))
      .slice(0, CHOICES)
      .map((run) => ({
        name: clip(`${mark(run.state)} ${runTitle(run).replaceAll('\\', '')} · ${run.state}`, CHOICE_NAME_LENGTH),
        value: String(run.id),
      }))
  }
}

export const completeLive = completeRun((state) => isLive(state) || state === 'queued')
export const completeTrained = completeRun((state) => state === 'completed' || state === 'stopped')
export const completeEnded = completeRun(hasEnded)

function searchable({ spec, state }: Run): string {
  return `${spec.model} ${spec.dataset} ${state}`.toLowerCase()
}
