import { join, resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from './user-error.ts'

/** What the official tools of the Hub read from the environment; src/hub/endpoint.ts understands it. */
const HUB_VARIABLES = [
  'HF_ENDPOINT',
  'HF_TOKEN',
  'HUGGING_FACE_HUB_TOKEN',
  'HF_TOKEN_PATH',
  'HF_HUB_DISABLE_IMPLICIT_TOKEN',
  'HF_HOME',
  'HF_HUB_CACHE',
  'HUGGINGFACE_HUB_CACHE',
  'HF_HUB_OFFLINE',
  'TRANSFORMERS_OFFLINE',
  'XDG_CACHE_HOME',
  'HOME',
] as const
export type HubVariables = Readonly<Partial<Record<(typeof HUB_VARIABLES)[number], string>>>

const Env = z.object({
  DISCORD_TOKEN: z.string().min(1).optional(),
  DISCORD_API_URL: z.url().default('https://discord.com/api'),
  HF_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  FINETUNE_DATA: z.string().min(1).default('data'),
  FINETUNE_SECRET: z.string().optional(),
  FINETUNE_MAX_RUNS: z.coerce.number().int().min(1).max(1000).default(1),
  FINETUNE_EXECUTOR: z.enum(['onnx', 'cuda', 'tensorflow']).optional(),
  FINETUNE_EDIT_INTERVAL_MS: z.coerce.number().int().min(100).max(60_000).default(1_500),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

/** What the environment says, read once at the edge. Every variable is in .env.example. */
export interface Config {
  discordToken: string | null
  discordApiUrl: string
  /** Where the Hub is and as whom it is asked, in the official tools' own variables. Holds a token. */
  hub: HubVariables
  /** The key under which the secrets of servers are kept; too short a one is refused where it is used. */
  secret: string | null
  /** Absolute; holds everything below. */
  dataFolder: string
  databasePath: string
  runsFolder: string
  datasetsFolder: string
  modelsFolder: string
  cacheFolder: string
  /** Runs that may work at the same time on this machine; the others wait in the queue. */
  maxRuns: number
  executor: 'onnx' | 'cuda' | 'tensorflow' | null
  /** Least time between two edits of one message. */
  editIntervalMs: number
  logLevel: z.infer<typeof Env>['LOG_LEVEL']
}

/** Reads the environment. Throws UserError that lists every variable that cannot be used. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = Env.safeParse(given)
  if (!parsed.success) {
    throw new UserError(
      `The environment has values that cannot be used:\n${z.prettifyError(parsed.error)}`,
      'Each variable is described in .env.example.',
      'environment',
    )
  }
  const hub = HUB_VARIABLES.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]]))
  const dataFolder = resolve(parsed.data.FINETUNE_DATA)
  return {
    discordToken: parsed.data.DISCORD_TOKEN ?? null,
    discordApiUrl: parsed.data.DISCORD_API_URL,
    hub: Object.fromEntries(hub) as HubVariables,
    secret: parsed.data.FINETUNE_SECRET ?? null,
    dataFolder,
    databasePath: join(dataFolder, 'finetune.db'),
    runsFolder: join(dataFolder, 'runs'),
    datasetsFolder: join(dataFolder, 'datasets'),
    modelsFolder: join(dataFolder, 'models'),
    cacheFolder: join(dataFolder, 'cache'),
    maxRuns: parsed.data.FINETUNE_MAX_RUNS,
    executor: parsed.data.FINETUNE_EXECUTOR ?? null,
    editIntervalMs: parsed.data.FINETUNE_EDIT_INTERVAL_MS,
    logLevel: parsed.data.LOG_LEVEL,
  }
}
