import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { destination } from 'pino'
import { readConfig } from '../config.ts'
import { startPlayground } from '../playground/server/playground.ts'
import { processSignal } from './context.ts'
import { startHubProcess } from './hub-process.ts'
import { serve } from './serve.ts'

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
  const [local, hub] = await Promise.all([
    startPlayground({ port }),
    env['HF_ENDPOINT'] ? null : startHubProcess({ dataFolder }),
  ])
  const config = readConfig({
    ...env,
    // A cache of its own: what this Hub calls DistilBERT must not be found under that name by anything else.
    ...(hub && { HF_ENDPOINT: hub.url, HF_TOKEN: hub.token, HF_HUB_CACHE: join(dataFolder, 'hub', 'cache') }),
    ...(hub && { HF_HUB_OFFLINE: '', TRANSFORMERS_OFFLINE: '' }),
    FINETUNE_DATA: dataFolder,
    DISCORD_TOKEN: local.token,
    DISCORD_API_URL: local.api,
  })
  mkdirSync(dataFolder, { recursive: true })
  const log = join(dataFolder, 'bot.log')
  const { gone } = await serve({ config, signal, logTo: destination({ dest: log, sync: true }) })

  const hubUrl = hub?.url ?? config.hub.HF_ENDPOINT ?? null
  const said = { url: local.url, api: local.api, hub: hubUrl, data: dataFolder, log }
  if (json) process.stdout.write(`${JSON.stringify(said)}\n`)
  else {
    process.stdout.write(
      [
        '',
        `  Playground   ${local.url}      (a local Discord; nothing leaves this machine)`,
        `  Hub          ${String(hubUrl)}      (${hub ? 'a local Hub, with stand-ins for DistilBERT and IMDb' : 'HF_ENDPOINT'})`,
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
  await Promise.all([local.close(), hub?.close()])
}
