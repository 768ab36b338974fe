import { changeSettings, readSettings } from '../../storage/settings.ts'
import { readEndpoint } from '../hub/endpoint.ts'
import { checkSecretKey, encryptSecret } from '../hub/secret.ts'
import { isTrue, readToken, secretToken } from '../hub/token.ts'
import { whoAmI, type WhoAmI } from '../hub/whoami.ts'
import { UserError } from '../user-error.ts'
import type { Context } from './context.ts'
import { hubOf } from './hub/hub.ts'

/** Where the token is from that is used for a server. */
export type TokenFrom = 'server' | 'operator' | 'none'

/** What can be said of a server's account on the Hub. */
export interface HubAccount {
  from: TokenFrom
  /** Null without a token, and when the Hub does not say. */
  who: WhoAmI | null
  hubUrl: string
  /** Why the Hub did not say whose the token is, in one or two sentences. */
  problem: string | null
  /** Why this server cannot have a token of its own, and who mends that; null when it can. */
  keyless: string | null
}

/** Asks the Hub whose the token is that this server uses. Never throws for what a person can mend: it says it. */
export async function hubAccount(context: Context, guild_id: string): Promise<HubAccount> {
  const { config, database, signal } = context
  const from = tokenFrom(context, guild_id)
  const keyless = problemOf(() => checkSecretKey(config.secret))
  const { hub_token } = readSettings(database, guild_id)
  try {
    const { hubUrl, token, offline } = hubOf(context, guild_id)
    return { from, who: await whoAmI({ hubUrl, token, offline, signal }), hubUrl, problem: null, keyless }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    // A token that cannot be read says by itself what is wrong with the key.
    return { from, who: null, hubUrl: '', problem: error.text, keyless: hub_token === null ? keyless : null }
  }
}

/**
 * Keeps a token for a server, encrypted, after the Hub has said whose it is. Throws UserError when it is none, the Hub
 * does not know it or cannot be asked, or there is no key to keep it under; then the one before stays.
 */
export async function setHubToken(
  context: Context,
  { guild_id, value, actor }: { guild_id: string; value: string; actor: string },
): Promise<WhoAmI> {
  const { config, database, signal } = context
  checkSecretKey(config.secret)
  const token = secretToken({ value, source: 'the form', keeper: 'admin' })
  const hubUrl = readEndpoint(config.hub)
  const who = await whoAmI({ hubUrl, token, offline: isTrue(config.hub.HF_HUB_OFFLINE), signal })
  if (who === null) throw new Error('Expected the Hub to say whose a token is.')
  const kept = encryptSecret({ secret: token.reveal(), key: config.secret, owner: guild_id })
  changeSettings(database, { guild_id, actor, set: { hub_token: kept, hub_account: who.name } })
  return who
}

/** Forgets a server's token; from then on it uses that of whoever runs the bot. False when it had none. */
export function removeHubToken(context: Context, { guild_id, actor }: { guild_id: string; actor: string }): boolean {
  const { hub_token } = readSettings(context.database, guild_id)
  if (hub_token === null) return false
  changeSettings(context.database, { guild_id, actor, set: { hub_token: null, hub_account: null } })
  return true
}

function tokenFrom({ config, database }: Context, guild_id: string): TokenFrom {
  if (readSettings(database, guild_id).hub_token !== null) return 'server'
  return problemOf(() => readToken(config.hub)) === null && readToken(config.hub) === null ? 'none' : 'operator'
}

function problemOf(check: () => unknown): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof UserError) return error.text
    throw error
  }
}
