import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Playground } from '../../src/playground/server/playground.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))

export interface BotProcess {
  /** Resolves when it listens to people. */
  start: () => Promise<void>
  /** With SIGKILL; resolves when it is gone. */
  kill: () => Promise<void>
}

/** `finetune bot`, as a person starts it, on a local Discord; it can be killed and started again. */
export function botProcess({
  discord,
  folder,
  env,
}: {
  discord: Playground
  folder: string
  env: Readonly<Record<string, string>>
}): BotProcess {
  let bot: ChildProcess | null = null
  return {
    start: async () => {
      const before = discord.log.requests.length
      bot = spawn(process.execPath, [FINETUNE, 'bot'], {
        env: {
          ...process.env,
          DISCORD_TOKEN: discord.token,
          DISCORD_API_URL: discord.api,
          FINETUNE_DATA: folder,
          LOG_LEVEL: 'warn',
          ...env,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      // It listens to people before it looks after its commands.
      while (!discord.log.requests.slice(before).some(({ route }) => route.endsWith('/commands'))) await sleep(50)
    },
    kill: async () => {
      if (!bot || bot.exitCode !== null || bot.signalCode !== null) return
      const gone = once(bot, 'exit')
      bot.kill('SIGKILL')
      await gone
    },
  }
}
