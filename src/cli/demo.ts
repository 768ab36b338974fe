import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { destination } from 'pino'
import { readConfig } from '../config.ts'
import { startPlayground } from '../playground/server/playground.ts'
import { processSignal } from './context.ts'
import { serve } from './serve.ts'

/**
 * A local Discord and the bot in one process, until it is asked to go. The record lives in `demo` inside the data
 * folder and outlives the process; the chat itself does not.
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
  const local = await startPlayground({ port })
  const config = readConfig({
    ...env,
    FINETUNE_DATA: dataFolder,
    DISCORD_TOKEN: local.token,
    DISCORD_API_URL: local.api,
  })
  mkdirSync(dataFolder, { recursive: true })
  const log = join(dataFolder, 'bot.log')
  const { gone } = await serve({ config, signal, logTo: destination({ dest: log, sync: true }) })

  if (json) process.stdout.write(`${JSON.stringify({ url: local.url, api: local.api, data: dataFolder, log })}\n`)
  else {
    process.stdout.write(
      [
        '',
        `  Playground   ${local.url}      (a local Discord; nothing leaves this machine)`,
        `  Host         this machine, ${availableParallelism()} cores, onnxruntime cpu`,
        '  Try          /finetune start            in #training, as Alice',
        '',
        `  Runs, database and log are in ${dataFolder}. Ctrl-C stops the bot; a run goes on.`,
        '',
        '',
      ].join('\n'),
    )
  }
  await gone
  await local.close()
}
