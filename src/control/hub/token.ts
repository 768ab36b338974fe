import { readSettings } from '../../../storage/settings.ts'
import { decryptSecret } from '../../hub/secret.ts'
import { readToken, secretToken, type Token } from '../../hub/token.ts'
import type { Context } from '../context.ts'

/** Decrypting takes 50 ms: each token is decrypted once a process. By what is kept, so that a new one is another. */
const opened = new WeakMap<Context, Map<string, Token>>()

/**
 * As whom the Hub is asked for a server: with the server's own token, else with that of whoever runs the bot. Null when
 * there is none. Throws UserError, also when the server's token cannot be read any more: another one is not taken
 * instead, since it may see what this server must not.
 */
export function hubToken(context: Context, guild_id: string): Token | null {
  const { hub_token } = readSettings(context.database, guild_id)
  return hub_token === null ? readToken(context.config.hub) : openToken(context, { guild_id, kept: hub_token })
}

function openToken(context: Context, { guild_id, kept }: { guild_id: string; kept: string }): Token {
  const tokens = opened.get(context) ?? new Map<string, Token>()
  opened.set(context, tokens)
  const name = `${guild_id} ${kept}`
  const known = tokens.get(name)
  if (known) return known
  const value = decryptSecret({ kept, key: context.config.secret, owner: guild_id })
  const token = secretToken({ value, source: 'this server’s settings', keeper: 'admin' })
  tokens.set(name, token)
  return token
}
