import { UserError } from '../user-error.ts'
import { hubCacheFolder, isTrue, readToken, type Token } from './token.ts'

export const HUB_URL = 'https://huggingface.co'

/** Which Hub is asked, and as whom. Every function of this room takes these among its options. */
export interface Access {
  /** Without a slash at the end. */
  hubUrl?: string
  /** The dataset viewer, `https://datasets-server.huggingface.co` on the public Hub. */
  viewerUrl?: string
  token?: Token | null
  /** Ask nobody; use what is in the cache. */
  offline?: boolean
  fetch?: typeof fetch
  signal?: AbortSignal
}

/** What the environment says about the Hub. */
export interface HubSettings {
  hubUrl: string
  viewerUrl: string
  token: Token | null
  offline: boolean
  /** Shared with Python: HF_HUB_CACHE, else HF_HOME/hub. */
  cacheFolder: string
}

/** HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN and the folders, as the official tools read them. Throws UserError. */
export function readHubSettings(env: Readonly<Record<string, string | undefined>>): HubSettings {
  const hubUrl = readEndpoint(env)
  return {
    hubUrl,
    viewerUrl: viewerOf(hubUrl),
    token: readToken(env),
    offline: isTrue(env.HF_HUB_OFFLINE) || isTrue(env.TRANSFORMERS_OFFLINE),
    cacheFolder: hubCacheFolder(env),
  }
}

export function readEndpoint(env: Readonly<Record<string, string | undefined>>): string {
  const given = (env.HF_ENDPOINT ?? '').trim().replace(/\/+$/, '')
  if (given === '') return HUB_URL
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new UserError(`HF_ENDPOINT is \`${given}\`; expected the address of a Hub.`, `Unset it for ${HUB_URL}.`)
  }
  return given
}

/** As the official tools derive it. A Hub at an address without a name (a local one) is its own viewer. */
export function viewerOf(hubUrl: string): string {
  const url = new URL(hubUrl)
  const bare = url.hostname === 'localhost' || /^[\d.]+$|^\[/.test(url.hostname)
  return bare ? hubUrl : `${url.protocol}//datasets-server.${url.host}`
}
