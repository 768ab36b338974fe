import { type APIApplicationCommand, type REST, type RESTPostAPIApplicationCommandsJSONBody, Routes } from 'discord.js'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { Table } from './table.ts'

/** What a server's commands were when they were last told, and the ids that Discord gave them. */
const Told = z.record(z.string(), z.object({ hash: z.string(), ids: z.array(z.string()) }))

/** Every command of the table as Discord takes it. */
export function commandDefinitions(table: Table): RESTPostAPIApplicationCommandsJSONBody[] {
  return [
    ...table.commands.map(({ definition, subcommands }) => ({
      ...definition,
      options: subcommands.map((subcommand) => subcommand.definition),
    })),
    ...table.messageCommands.map(({ definition }) => definition),
  ]
}

/**
 * Tells a server our commands, where they appear at once. Does nothing when Discord still has the ones that were told
 * last and they are the same, unless `always`. Answers whether it told.
 */
export async function registerCommands({
  rest,
  config,
  application_id,
  guild_id,
  table,
  always = false,
}: {
  rest: REST
  config: Config
  application_id: string
  guild_id: string
  table: Table
  always?: boolean
}): Promise<boolean> {
  const definitions = commandDefinitions(table)
  const route = Routes.applicationGuildCommands(application_id, guild_id)
  const hash = createHash('sha256').update(JSON.stringify(definitions)).digest('hex')
  const told = await readTold(config)
  const last = told[`${application_id}/${guild_id}`]
  if (!always && last?.hash === hash) {
    const there = idsOf((await rest.get(route)) as APIApplicationCommand[])
    if (there.join() === last.ids.join()) return false
  }

  const ids = idsOf((await rest.put(route, { body: definitions })) as APIApplicationCommand[])
  await writeTold(config, { ...told, [`${application_id}/${guild_id}`]: { hash, ids } })
  return true
}

function idsOf(commands: readonly APIApplicationCommand[]): string[] {
  return commands.map(({ id }) => id).sort()
}

const fileOf = (config: Config) => join(config.cacheFolder, 'commands.json')

async function readTold(config: Config): Promise<z.infer<typeof Told>> {
  try {
    return Told.parse(JSON.parse(await readFile(fileOf(config), 'utf8')))
  } catch {
    // Missing or damaged: it may be made again, the commands are told once more.
    return {}
  }
}

async function writeTold(config: Config, told: z.infer<typeof Told>): Promise<void> {
  const file = fileOf(config)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, `${JSON.stringify(told, null, 2)}\n`)
  await rename(`${file}.new`, file)
}
