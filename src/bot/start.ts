import { type Client, type ClientOptions, DiscordjsError, DiscordjsErrorCodes, Events } from 'discord.js'
import type { Context } from '../control/context.ts'
import { takeUpPublishes } from '../control/publish/publish.ts'
import { reconcile } from '../control/follow/reconcile.ts'
import { UserError } from '../user-error.ts'
import type { Bot } from './bot.ts'
import { makeClient } from './client.ts'
import { type Drafts, makeDrafts } from './drafts.ts'
import { makeNarrator } from './narrator.ts'
import { makePublications } from './publications.ts'
import { registerCommands } from './register.ts'
import { makeRouter } from './router.ts'
import type { Table } from './table.ts'

/** How long the last words may take before the process leaves without them; the record has them all. */
const LAST_WORDS_MS = 4_000

/**
 * Connects to Discord and serves until `context.signal` aborts. Resolves when people can use it; throws UserError when
 * Discord does not take the token.
 */
export async function startBot(context: Context, table: Table, options: Partial<ClientOptions> = {}): Promise<Bot> {
  const { config, log, signal } = context
  const token = config.discordToken
  if (token === null) {
    throw new UserError(
      'DISCORD_TOKEN is not set.',
      'Create an application at https://discord.com/developers/applications, or try `npm run demo`, which needs none.',
    )
  }
  const client = await connect(makeClient(config, options), token, log)
  const bot = assemble(context, client)
  const route = makeRouter(bot, table)
  client.on(Events.InteractionCreate, (interaction) => void route(interaction))

  /** After every fresh connection: what happened meanwhile was not told to us. */
  async function takeUp(): Promise<void> {
    try {
      takeUpPublishes(context)
      bot.publications.catchUp()
      await reconcile(context)
      bot.narrator.catchUp()
    } catch (error) {
      log.error({ err: error }, 'reconciling failed')
    }
  }
  async function register(guild_id: string): Promise<void> {
    try {
      await registerCommands({ rest: client.rest, config, application_id: client.application.id, guild_id, table })
    } catch (error) {
      log.error({ err: error, guild_id }, 'the commands could not be registered')
    }
  }
  client.on(Events.ShardReady, () => void takeUp())
  client.on(Events.GuildCreate, (guild) => void register(guild.id))
  await Promise.all(client.guilds.cache.map((guild) => register(guild.id)))
  await takeUp()

  signal.addEventListener('abort', () => void bot.close(), { once: true })
  log.info({ as: client.user.tag, servers: client.guilds.cache.size }, 'the bot is here')
  return bot
}

async function connect(client: Client, token: string, log: Context['log']): Promise<Client<true>> {
  // An 'error' without a listener ends the process.
  client.on(Events.Error, (error) => log.error({ err: error }, 'discord.js reports an error'))
  client.on(Events.Warn, (warning) => log.warn({ warning }, 'discord.js warns'))
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
  try {
    await client.login(token)
  } catch (error) {
    await client.destroy()
    if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid) {
      throw new UserError(
        'Discord does not accept DISCORD_TOKEN.',
        'Make a new one at https://discord.com/developers/applications, under Bot.',
      )
    }
    throw error
  }
  return await ready
}

function assemble(context: Context, client: Client<true>): Bot {
  let closing: Promise<void> | null = null
  const narrator = makeNarrator({ context, rest: client.rest, me: client.user.id, drafts: () => drafts })
  const drafts: Drafts = makeDrafts({ context, changed: (run_id) => narrator.touch(run_id) })

  const publications = makePublications({ context, rest: client.rest, me: client.user.id })

  const changed = (run_id: number) => narrator.touch(run_id)
  context.changes.on('run', changed)
  context.changes.on('publish', publications.touch)

  async function leave(): Promise<void> {
    context.changes.off('run', changed)
    client.removeAllListeners(Events.InteractionCreate)
    await Promise.all([narrator.close(LAST_WORDS_MS), publications.close(LAST_WORDS_MS)])
    context.changes.off('publish', publications.touch)
    await client.destroy()
  }
  return { context, client, narrator, drafts, publications, close: () => (closing ??= leave()) }
}
