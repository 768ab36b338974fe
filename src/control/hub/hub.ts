import { type HubSettings, readHubSettings } from '../../hub/endpoint.ts'
import type { Context } from '../context.ts'
import { hubToken } from './token.ts'

/** The Hub as a server asks it: where it is, as whom, and where what it gave is kept. Throws UserError. */
export function hubOf(context: Context, guild_id: string): HubSettings {
  return { ...readHubSettings(context.config.hub), token: hubToken(context, guild_id) }
}

/** The environment of an engine that asks no Hub: no token is passed on to it. */
export const NO_HUB: Readonly<Record<string, string | undefined>> = {
  HF_TOKEN: undefined,
  HUGGING_FACE_HUB_TOKEN: undefined,
  HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
}

/**
 * The environment in which an engine finds the same Hub. It holds the token: it may go into a child's environment, and
 * nowhere else. What is undefined must not be inherited.
 */
export function hubEnvironment({
  hubUrl,
  token,
  offline,
  cacheFolder,
}: HubSettings): Readonly<Record<string, string | undefined>> {
  return {
    HF_ENDPOINT: hubUrl,
    HF_HUB_CACHE: cacheFolder,
    HF_HUB_OFFLINE: offline ? '1' : undefined,
    TRANSFORMERS_OFFLINE: undefined,
    // Without a token the engine must not find the one of whoever runs the bot.
    ...NO_HUB,
    HF_TOKEN: token?.reveal(),
  }
}
