import { type APIGuild, REST, type RESTGetCurrentApplicationResult, Routes } from 'discord.js'
import type { Config } from '../config.ts'
import { UserError } from '../user-error.ts'
import { codeOf } from './failures.ts'
import { registerCommands } from './register.ts'
import type { Table } from './table.ts'

const UNAUTHORIZED = 0

/** Tells Discord the commands now, in one server or in all that the bot is in. Answers the servers' names. */
export async function registerEverywhere({
  config,
  table,
  guild,
}: {
  config: Config
  table: Table
  guild: string | null
}): Promise<string[]> {
  if (config.discordToken === null) {
    throw new UserError('DISCORD_TOKEN is not set.', 'Put it into .env; see "Your own server" in the README.')
  }
  const rest = new REST({ api: config.discordApiUrl }).setToken(config.discordToken)
  try {
    const application = (await rest.get(Routes.currentApplication())) as RESTGetCurrentApplicationResult
    const all = (await rest.get(Routes.userGuilds())) as Pick<APIGuild, 'id' | 'name'>[]
    const chosen = guild === null ? all : all.filter(({ id }) => id === guild)
    if (chosen.length === 0) {
      const there = all.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none'
      throw new UserError(
        guild === null ? 'The bot is in no server yet.' : `The bot is not in the server ${guild}; it is in: ${there}.`,
        'Invite it first; see "Your own server" in the README.',
      )
    }
    for (const { id } of chosen) {
      await registerCommands({ rest, config, application_id: application.id, guild_id: id, table, always: true })
    }
    return chosen.map(({ name }) => name)
  } catch (error) {
    if (codeOf(error) !== UNAUTHORIZED) throw error
    throw new UserError('Discord does not accept DISCORD_TOKEN.', 'Reset it in the developer portal, under Bot.')
  }
}
