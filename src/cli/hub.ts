import { once } from 'node:events'
import { join } from 'node:path'
import { EMAIL_LABELS, readEmails } from '../builtin/emails/emails.ts'
import { ENCODER_FOLDER } from '../builtin/known.ts'
import { readConfig } from '../config.ts'
import { startLocalHub } from '../hub/local/local-hub.ts'
import { demoSeeds } from '../hub/local/seeds.ts'
import { processSignal } from './context.ts'
import { makeDataFolder } from './data-folder.ts'

/** Who may write on the local Hub. It is reachable from this machine only, so its token is no secret. */
const ACCOUNT = { token: 'hf_onThisMachineOnly', name: 'demo', orgs: ['team'], role: 'write' } as const

/** Where a local Hub is and what a program needs to ask it. */
export interface LocalHubPlace {
  url: string
  token: string
}

/**
 * A Hub on this machine, until the process is asked to go or, when another process has started it, that one ends. It
 * serves the built-in encoder as DistilBERT, made-up reviews as IMDb, the built-in e-mails, and things that go wrong.
 */
export async function hub({ env, port, json }: { env: NodeJS.ProcessEnv; port: number; json: boolean }): Promise<void> {
  const signal = processSignal()
  const config = readConfig(env)
  makeDataFolder(config.dataFolder)
  const folder = join(config.dataFolder, 'hub')
  const emails = async (wanted: 'train' | 'test') => {
    const all = await readEmails({ cache_folder: config.cacheFolder })
    return all
      .filter(({ split }) => split === wanted)
      .map(({ text, label }) => ({ text, label: EMAIL_LABELS.indexOf(label) }))
  }
  const seeds = demoSeeds({ folder: join(folder, 'made'), encoderFolder: ENCODER_FOLDER, emails })
  const local = await startLocalHub({ port, folder, seeds, accounts: [ACCOUNT] })
  const place: LocalHubPlace = { url: local.url, token: ACCOUNT.token }

  if (json) process.stdout.write(`${JSON.stringify(place)}\n`)
  else {
    process.stdout.write(
      [
        '',
        `  Hub          ${local.url}      (a local Hub; nothing leaves this machine)`,
        '  A program    asks it with these variables, the bot and Python alike:',
        `               HF_ENDPOINT=${local.url}`,
        `               HF_TOKEN=${ACCOUNT.token}`,
        `               HF_HUB_CACHE=${join(folder, 'cache')}`,
        '',
        '  What it calls distilbert-base-uncased and imdb are small stand-ins: keep them out of your own cache.',
        '',
        '',
      ].join('\n'),
    )
  }
  const parent = new AbortController()
  if (process.connected) process.once('disconnect', () => parent.abort())
  await once(AbortSignal.any([signal, parent.signal]), 'abort')
  await local.close()
}
