import type { IncomingMessage } from 'node:http'

/**
 * Whether a request may come in. The server speaks to this machine only: a name that some site has bound to 127.0.0.1
 * (DNS rebinding) gives itself away by its Host header, a foreign page that opens a socket by its Origin.
 */
export function isStranger({ headers }: Pick<IncomingMessage, 'headers'>, port: number): boolean {
  const known = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
  if (headers.host === undefined || !known.includes(headers.host)) return true
  const { origin } = headers
  return origin !== undefined && !known.some((host) => origin === `http://${host}`)
}
