import { Client, type ClientOptions, GatewayIntentBits } from 'discord.js'
import type { Config } from '../config.ts'

/** A wait longer than this is told to the caller, who knows whether the message still matters; discord.js would sleep. */
const LONGEST_QUIET_WAIT_MS = 5_000

/**
 * The connection to Discord. `Guilds` is all that slash commands, buttons, threads and own messages need: no message of
 * anybody is read.
 */
export function makeClient(config: Config, more: Partial<ClientOptions> = {}): Client {
  return new Client({
    intents: [GatewayIntentBits.Guilds],
    allowedMentions: { parse: [] },
    enforceNonce: true,
    ...more,
    rest: {
      api: config.discordApiUrl,
      rejectOnRateLimit: ({ retryAfter }) => retryAfter > LONGEST_QUIET_WAIT_MS,
      ...more.rest,
    },
  })
}
