import { DiscordAPIError, HTTPError, RateLimitError, RESTJSONErrorCodes } from 'discord.js'

/** Discord's code of an error, or null when it is none of Discord's. */
export function codeOf(error: unknown): number | null {
  return error instanceof DiscordAPIError && typeof error.code === 'number' ? error.code : null
}

/** What a refused request means for what is said of a run. */
export type Refusal = 'message gone' | 'channel gone' | 'forbidden' | 'archived' | 'too many threads' | 'thread exists'

const REFUSALS: Readonly<Record<number, Refusal>> = {
  [RESTJSONErrorCodes.UnknownMessage]: 'message gone',
  [RESTJSONErrorCodes.UnknownChannel]: 'channel gone',
  [RESTJSONErrorCodes.MissingAccess]: 'forbidden',
  [RESTJSONErrorCodes.MissingPermissions]: 'forbidden',
  [RESTJSONErrorCodes.InvalidActionOnArchivedThread]: 'archived',
  [RESTJSONErrorCodes.ThreadLocked]: 'archived',
  [RESTJSONErrorCodes.MaximumActiveThreads]: 'too many threads',
  [RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage]: 'thread exists',
}

export function refusalOf(error: unknown): Refusal | null {
  const code = codeOf(error)
  return code === null ? null : (REFUSALS[code] ?? null)
}

/** The interaction was answered too late, or twice: nobody waits for this answer any more. */
export function isLate(error: unknown): boolean {
  const code = codeOf(error)
  return (
    code === RESTJSONErrorCodes.UnknownInteraction ||
    code === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged ||
    code === RESTJSONErrorCodes.InvalidWebhookToken ||
    code === RESTJSONErrorCodes.UnknownWebhook
  )
}

const UNREACHABLE: readonly unknown[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]

/** Whether the same request may succeed later. discord.js retries a 5xx within 12 ms and a refused socket not at all. */
export function mayPass(error: unknown): boolean {
  if (error instanceof RateLimitError || error instanceof HTTPError) return true
  if (error instanceof DiscordAPIError) return error.status >= 500 || error.status === 429
  if (!(error instanceof Error)) return false
  return error.name === 'AbortError' || ('code' in error && UNREACHABLE.includes(error.code))
}
