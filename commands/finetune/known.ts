import { readdir } from 'node:fs/promises'
import { sep } from 'node:path'
import type { AutocompleteInteraction } from 'discord.js'
import { listRuns } from '../../storage/runs.ts'
import type { Call, Choices } from '../../src/bot/table.ts'
import { BUILTIN_EMAILS, BUILTIN_ENCODER } from '../../src/builtin/known.ts'
import { CHOICE_NAME_LENGTH, CHOICES } from '../../src/cards/limits.ts'

type CompleteCall = Call<AutocompleteInteraction<'cached'>>

const DATA_FILE = /\.(?:csv|tsv|jsonl|ndjson|json|parquet)$/i
/** A folder with more than this is not searched to its end while somebody types. */
const FILES_SEEN = 2000

/** Datasets: built in, files of the datasets folder, used before on this server. */
export async function completeDataset(call: CompleteCall): Promise<Choices> {
  const files = await filesOf(call.bot.context.config.datasetsFolder)
  return choose(call, [
    { name: BUILTIN_EMAILS, about: 'built in' },
    ...files.filter((file) => DATA_FILE.test(file)).map((name) => ({ name, about: 'in the datasets folder' })),
    ...usedBefore(call, 'dataset'),
  ])
}

/** Models: built in, folders of the models folder, used before on this server. */
export async function completeModel(call: CompleteCall): Promise<Choices> {
  const files = await filesOf(call.bot.context.config.modelsFolder)
  const folders = files
    .filter((file) => file.endsWith('/config.json'))
    .map((file) => file.slice(0, -'/config.json'.length))
  return choose(call, [
    { name: BUILTIN_ENCODER, about: 'built in' },
    ...folders.map((name) => ({ name, about: 'in the models folder' })),
    ...usedBefore(call, 'model'),
  ])
}

interface Known {
  name: string
  about: string
}

function choose({ interaction }: CompleteCall, known: readonly Known[]): Choices {
  const typed = interaction.options.getFocused().trim().toLowerCase()
  const first = new Map(known.toReversed().map((entry) => [entry.name, entry]))
  return [...first.values()]
    .toReversed()
    .filter(({ name }) => name.length <= CHOICE_NAME_LENGTH && name.toLowerCase().includes(typed))
    .slice(0, CHOICES)
    .map(({ name, about }) => {
      const label = `${name} · ${about}`
      return { name: label.length <= CHOICE_NAME_LENGTH ? label : name, value: name }
    })
}

function usedBefore({ bot, interaction }: CompleteCall, what: 'model' | 'dataset'): Known[] {
  return listRuns(bot.context.database, { guild_id: interaction.guildId, limit: 100 }).map(({ spec }) => ({
    name: spec[what],
    about: 'used before',
  }))
}

/** Paths below a folder, with `/`; empty when there is no such folder. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [] as string[])
  return entries
    .slice(0, FILES_SEEN)
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .sort()
}
