import { mkdirSync } from 'node:fs'
import { TABLE } from '../../commands/index.ts'
import { registerEverywhere } from '../bot/register-everywhere.ts'
import type { Config } from '../config.ts'

/** Tells Discord the slash commands, whether or not they have changed. */
export async function register({
  config,
  guild,
  json,
}: {
  config: Config
  guild: string | null
  json: boolean
}): Promise<void> {
  mkdirSync(config.cacheFolder, { recursive: true })
  const servers = await registerEverywhere({ config, table: TABLE, guild })
  process.stdout.write(
    json
      ? `${JSON.stringify({ servers })}\n`
      : `Told ${servers.length === 1 ? '1 server' : `${servers.length} servers`}: ${servers.join(', ')}\n`,
  )
}
