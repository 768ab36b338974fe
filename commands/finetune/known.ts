import { readdir } from 'node:fs/promises'
import { sep } from 'node:path'
import type { AutocompleteInteraction } from 'discord.js'
import { listRuns } from '../../storage/runs.ts'
import type { Call, Choices } from '../../src/bot/table.ts'
import { BUILTIN_EMAILS, BUILTIN_ENCODER } from '../../src/builtin/known.ts'
import { CHOICE_NAME_LENGTH, CHOICES } from '../../src/cards/limits.ts'
import { hubFacts } from '../../src/control/hub/facts.ts'
import { searchOf } from '../../src/control/hub/search.ts'
import { atRevision, mayBeOfHub } from '../../src/engine/hub.ts'
import type { Hit } from '../../src/hub/search.ts'
import { UserError } from '../../src/user-error.ts'

type CompleteCall = Call<AutocompleteInteraction<'cached'>>

/** Discord waits 3 s for choices. */
const PATIENCE_MS = 1_500
const DATA_FILE = /\.(?:csv|tsv|jsonl|ndjson|json|parquet)$/i
/** A folder with more than this is not searched to its end while somebody types. */
const FILES_SEEN = 2000

/** Datasets: built in, files of the datasets folder, used before on this server, then those of the Hub. */
export async function completeDataset(call: CompleteCall): Promise<Choices> {
  const files = await filesOf(call.bot.context.config.datasetsFolder)
  return choose(call, [
    { name: BUILTIN_EMAILS, about: 'built in' },
    ...files.filter((file) => DATA_FILE.test(file)).map((name) => ({ name, about: 'in the datasets folder' })),
    ...usedBefore(call, 'dataset'),
    ...(await onHub(call, 'datasets')),
  ])
}

/** Models: built in, folders of the models folder, used before on this server, then those of the Hub. */
export async function completeModel(call: CompleteCall): Promise<Choices> {
  const files = await filesOf(call.bot.context.config.modelsFolder)
  const folders = files
    .filter((file) => file.endsWith('/config.json'))
    .map((file) => file.slice(0, -'/config.json'.length))
  return choose(call, [
    { name: BUILTIN_ENCODER, about: 'built in' },
    ...folders.map((name) => ({ name, about: 'in the models folder' })),
    ...usedBefore(call, 'model'),
    ...(await onHub(call, 'models')),
  ])
}

/** Configurations of the dataset that is named beside, as far as the Hub says them in time. */
export async function completeConfig({ bot, interaction }: CompleteCall): Promise<Choices> {
  const dataset = atRevision(interaction.options.getString('dataset') ?? '')
  const typed = interaction.options.getFocused().trim().toLowerCase()
  if (!mayBeOfHub(dataset.name)) return []
  const asked = hubFacts(bot.context, interaction.guildId).dataset(dataset.name, dataset.revision ?? undefined)
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null).unref())
  const found = await Promise.race([asked.catch(() => null), late])
  return (found?.configs ?? [])
    .map(({ name }) => name)
    .filter((name) => name.length <= CHOICE_NAME_LENGTH && name.toLowerCase().includes(typed))
    .slice(0, CHOICES)
    .map((name) => ({ name, value: name }))
}

/** What cannot be trained here is not offered. A Hub that is slow or away leaves what is known without it. */
async function onHub({ bot, interaction }: CompleteCall, what: 'models' | 'datasets'): Promise<Known[]> {
  try {
    const { hits } = await searchOf(bot.context, interaction.guildId)[what](interaction.options.getFocused())
    return hits.filter(({ trainable }) => trainable !== false).map((hit) => ({ name: hit.name, about: aboutHit(hit) }))
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

function aboutHit({ cached, gated, downloads }: Hit): string {
  const facts = [
    cached ? 'on the Hub and here' : 'on the Hub',
    gated ? 'gated' : null,
    downloads === null || downloads === 0 ? null : `${COMPACT.format(downloads)} downloads`,
  ]
  return facts.filter((fact) => fact !== null).join(', ')
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact' })

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
