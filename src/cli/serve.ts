import { type DestinationStream } from 'pino'
import { TABLE } from '../../commands/index.ts'
import { startBot } from '../bot/start.ts'
import type { Config } from '../config.ts'
import { idle } from '../control/tasks.ts'
import { openContext } from './context.ts'
import { takeDataFolder } from './data-folder.ts'

/**
 * The bot at work, the only one in its data folder. Resolves once people can use it; `gone` resolves after `signal` has aborted and everything that was
 * open is closed. Engines go on: they belong to their run folders.
 */
export async function serve({
  config,
  signal,
  logTo,
}: {
  config: Config
  signal: AbortSignal
  logTo?: DestinationStream
}): Promise<{ gone: Promise<void> }> {
  const { release } = takeDataFolder(config.dataFolder)
  const context = openContext({ config, signal, ...(logTo ? { logTo } : {}) })
  // A promise that nobody waited for is a mistake of ours; it must not end the process that others work with.
  process.on('unhandledRejection', (error) => context.log.error({ err: error }, 'a rejection that nobody handled'))
  const bot = await startBot(context, TABLE).catch((error: unknown) => {
    context.database.close()
    release()
    throw error
  })
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const leave = async () => {
    await aborted
    await bot.close()
    await idle(context)
    context.database.close()
    release()
  }
  return { gone: leave() }
}
