import { Client, Events, GatewayIntentBits, type ClientOptions, type Interaction } from 'discord.js'
import { startPlayground, type Playground, type PlaygroundOptions } from '../../../src/playground/server/playground.ts'

export interface BotOptions {
  playground?: PlaygroundOptions
  client?: Partial<ClientOptions>
  commands?: object[]
  on?: (interaction: Interaction) => Promise<unknown>
}

/** A playground with the real client connected to it. `await using` takes both down. */
export async function bot({ playground: options = {}, client: more = {}, commands = [], on }: BotOptions = {}) {
  const lines: string[] = []
  const playground = await startPlayground({ rateLimits: false, warn: (line) => lines.push(line), ...options })
  const client = clientFor(playground, more)
  const errors: unknown[] = []
  client.on(Events.Error, (error) => errors.push(error))
  client.on(Events.InteractionCreate, (interaction) => {
    on?.(interaction).catch((error: unknown) => errors.push(error))
  })
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(playground.token)
  await ready
  if (commands.length > 0)
    await client.rest.put(`/applications/${playground.ids.application}/guilds/${playground.ids.guild}/commands`, {
      body: commands,
    })
  return {
    playground,
    client,
    errors,
    lines,
    [Symbol.asyncDispose]: async () => {
      await client.destroy()
      await playground.close()
    },
  }
}

export function clientFor({ api }: Playground, more: Partial<ClientOptions> = {}): Client {
  const { rest, ...others } = more
  return new Client({
    intents: [GatewayIntentBits.Guilds],
    allowedMentions: { parse: [] },
    rest: { api, offset: 0, timeout: 2000, ...rest },
    ws: { buildIdentifyThrottler: () => Promise.resolve({ waitForIdentify: () => Promise.resolve() }) },
    ...others,
  })
}
