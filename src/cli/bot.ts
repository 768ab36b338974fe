import type { Config } from '../config.ts'
import { processSignal } from './context.ts'
import { serve } from './serve.ts'

/** The bot on the Discord that the token belongs to, until the process is asked to go. Logs JSON lines to stdout. */
export async function bot({ config }: { config: Config }): Promise<void> {
  const { gone } = await serve({ config, signal: processSignal() })
  await gone
}
