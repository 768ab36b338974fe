import { once } from 'node:events'
import { startPlayground } from '../playground/server/playground.ts'
import { processSignal } from './context.ts'

/** The local Discord alone, until the process is asked to go. */
export async function playground({ port, json }: { port: number; json: boolean }): Promise<void> {
  const signal = processSignal()
  const local = await startPlayground({ port })
  if (json) {
    process.stdout.write(`${JSON.stringify({ url: local.url, api: local.api, token: local.token, ids: local.ids })}\n`)
  } else {
    process.stdout.write(
      [
        '',
        `  Playground   ${local.url}      (a local Discord; nothing leaves this machine)`,
        '  A bot        connects with these two variables, then `npm start`:',
        `               DISCORD_API_URL=${local.api}`,
        `               DISCORD_TOKEN=${local.token}`,
        '',
        '',
      ].join('\n'),
    )
  }
  await once(signal, 'abort')
  await local.close()
}
