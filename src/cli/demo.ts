import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { destination } from 'pino'
import { readConfig } from '../config.ts'
import { type Playground, startPlayground } from '../playground/server/playground.ts'
import { processSignal } from './context.ts'
import { makeDataFolder } from './data-folder.ts'
import type { LocalHubPlace } from './hub.ts'
import { startHubProcess } from './hub-process.ts'
import { serve } from './serve.ts'

/** Of an address of this machine with the longest port, so that what stands beside them is one column. */
const ADDRESS = 'http://127.0.0.1:65535'.length

/**
 * A local Discord and the bot in one process and a local Hub beside it, until it is asked to go. The record lives in
 * `demo` inside the data folder and outlives the process; the chat itself does not. HF_ENDPOINT names another Hub.
 */
export async function demo({
  env,
  port,
  json,
}: {
  env: NodeJS.ProcessEnv
  port: number
  json: boolean
}): Promise<void> {
  const signal = processSignal()
  const dataFolder = join(readConfig(env).dataFolder, 'demo')
  makeDataFolder(dataFolder)
  const places = [
    startPlayground({ port }),
    env['HF_ENDPOINT'] ? Promise.resolve(null) : startHubProcess({ dataFolder }),
  ] as const
  try {
    const [local, hub] = await Promise.all(places)
    await stay({ env, dataFolder, local, hub, json, signal })
  } finally {
    for (const place of await Promise.allSettled(places)) if (place.status === 'fulfilled') await place.value?.close()
  }
}

async function stay({
  env,
  dataFolder,
  local,
  hub,
  json,
  signal,
}: {
  env: NodeJS.ProcessEnv
  dataFolder: string
  local: Playground
  hub: LocalHubPlace | null
  json: boolean
  signal: AbortSignal
}): Promise<void> {
  const config = readConfig({
    ...env,
    // A cache of its own: what this Hub calls DistilBERT must not be found under that name by anything else.
    ...(hub && { HF_ENDPOINT: hub.url, HF_TOKEN: hub.token, HF_HUB_CACHE: join(dataFolder, 'hub', 'cache') }),
    ...(hub && { HF_HUB_OFFLINE: '', TRANSFORMERS_OFFLINE: '' }),
    FINETUNE_DATA: dataFolder,
    DISCORD_TOKEN: local.token,
    DISCORD_API_URL: local.api,
  })
  const log = join(dataFolder, 'bot.log')
  const { gone } = await serve({ config, signal, logTo: destination({ dest: log, sync: true }) })

  const hubUrl = hub?.url ?? config.hub.HF_ENDPOINT ?? null
  const said = { url: local.url, api: local.api, hub: hubUrl, data: dataFolder, log }
  if (json) process.stdout.write(`${JSON.stringify(said)}\n`)
  else {
    process.stdout.write(
      [
        '',
        `  Playground   ${local.url.padEnd(ADDRESS)}      (a local Discord; nothing leaves this machine)`,
        `  Hub          ${String(hubUrl).padEnd(ADDRESS)}      (${hub ? 'a local Hub, with stand-ins for DistilBERT and IMDb' : 'HF_ENDPOINT'})`,
        `  Host         this machine, ${availableParallelism()} cores, onnxruntime cpu`,
        '  Try          /finetune start            in #training, as Alice',
        '               /finetune start model:distilbert-base-uncased dataset:imdb',
        '',
        `  Runs, database and log are in ${dataFolder}. Ctrl-C stops the bot; a run goes on.`,
        '',
        '',
      ].join('\n'),
    )
  }
  await gone
}
