/** Where a person is on the page: a channel, and the thread that is open beside it. Kept in the address's hash. */
export interface Place {
  channel: string
  thread: string | null
}

/** `#/CHANNEL` or `#/CHANNEL/THREAD`; null where the hash says neither. */
export function readPlace(hash: string): Place | null {
  const match = /^#\/(\d+)(?:\/(\d+))?$/.exec(hash)
  return match?.[1] === undefined ? null : { channel: match[1], thread: match[2] ?? null }
}

export function writePlace({ channel, thread }: Place): string {
  return thread === null ? `#/${channel}` : `#/${channel}/${thread}`
}

/** The channel and message that a link of Discord's points at, null for any other link. */
export function readMessageLink(url: string): { channel: string; message: string | null } | null {
  const match = /^https:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?\/?$/.exec(url)
  return match?.[1] === undefined ? null : { channel: match[1], message: match[2] ?? null }
}
