import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../user-error.ts'

/**
 * A Hub token that cannot be printed by mistake: JSON, templates and inspection see only where it comes from.
 * Only the code that fills in a request's header calls `reveal`.
 */
export interface Token {
  reveal: () => string
  /** For people who share a server with the bot, so no path of its machine. */
  source: string
  /** Who can replace it. */
  keeper: 'operator' | 'admin'
}

/** Wraps a token. Throws UserError, which does not repeat it, when it cannot be one. */
export function secretToken({
  value,
  source,
  keeper,
}: {
  value: string
  source: string
  keeper: Token['keeper']
}): Token {
  const token = value.trim()
  if (!/^hf_\w{8,200}$/.test(token)) {
    throw new UserError(
      `What ${source} holds is no Hub token: one starts with \`hf_\`, followed by letters and digits.`,
      'Make one at https://huggingface.co/settings/tokens.',
    )
  }
  return { reveal: () => token, source, keeper }
}

const KEPT_BY_LOGIN = '`hf auth login`'

/**
 * The token of whoever runs this: HF_TOKEN, else the file that `hf auth login` writes (HF_TOKEN_PATH, else
 * HF_HOME/token). Null when there is none. HF_HUB_DISABLE_IMPLICIT_TOKEN leaves the file alone, as in Python.
 */
export function readToken(env: Readonly<Record<string, string | undefined>>): Token | null {
  const given = (env.HF_TOKEN ?? env.HUGGING_FACE_HUB_TOKEN ?? '').trim()
  if (given !== '') return secretToken({ value: given, source: 'HF_TOKEN', keeper: 'operator' })

  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return null
  const path = tokenPath(env)
  const kept = readKept(path)
  return kept === '' ? null : secretToken({ value: kept, source: KEPT_BY_LOGIN, keeper: 'operator' })
}

function readKept(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Where the official tools keep the token. */
export function tokenPath(env: Readonly<Record<string, string | undefined>>): string {
  return env.HF_TOKEN_PATH ?? join(homeFolder(env), 'token')
}

/** HF_HOME, as the official tools find it. */
export function homeFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = env.HOME ?? homedir()
  const folder = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'huggingface')
  return folder.startsWith('~/') ? join(home, folder.slice(2)) : folder
}

/** The Hub's cache folder: HF_HUB_CACHE, else HF_HOME/hub. */
export function hubCacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(homeFolder(env), 'hub')
}

export function isTrue(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? '')
}
