import { readToken, type Token } from '../hub/token.ts'
import type { Context } from './context.ts'

/** As whom the Hub is asked for a server: with the token of whoever runs the bot. Null when there is none. Throws UserError. */
export function hubToken(context: Context, _guild_id: string): Token | null {
  return readToken(context.config.hub)
}
