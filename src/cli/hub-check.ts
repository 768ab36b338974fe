import type { Config } from '../config.ts'
import { readHubSettings } from '../hub/endpoint.ts'
import { HubError } from '../hub/failure.ts'
import { checkSecretKey } from '../hub/secret.ts'
import { missingScope, whoAmI, writableNamespaces } from '../hub/whoami.ts'
import { UserError } from '../user-error.ts'
import type { Check } from './doctor.ts'

/** Whose the Hub token is and what it may do, or why that is not known. Never the token. */
export async function hubAccountCheck({ hub }: Config): Promise<Check> {
  const what = 'Hub'
  try {
    const { hubUrl, token, offline } = readHubSettings(hub)
    if (offline) {
      return { what, is: 'note', says: `HF_HUB_OFFLINE is set: ${hubUrl} is not asked, only the cache`, remedy: null }
    }
    const who = await whoAmI({ hubUrl, token })
    const missing = missingScope({ who, need: 'publish', hubUrl })
    if (who === null) {
      return { what, is: 'note', says: `${hubUrl}, without a token: public models and datasets only`, remedy: missing }
    }
    const where = writableNamespaces(who)
    if (missing !== null) return { what, is: 'note', says: `${hubUrl}, as ${who.name}: reads only`, remedy: missing }
    return {
      what,
      is: 'ok',
      says: `${hubUrl}, as ${who.name} by ${who.source}; may publish to ${where.join(', ')}`,
      remedy: null,
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    // A Hub that is away keeps nobody from training on what is here; a token that is refused must be mended.
    const away = error instanceof HubError && error.failure.is !== 'unauthorized'
    return { what, is: away ? 'note' : 'missing', says: error.message, remedy: error.remedy }
  }
}

/** Whether servers can have Hub tokens of their own here. */
export function secretCheck({ secret }: Config): Check {
  const what = 'FINETUNE_SECRET'
  try {
    checkSecretKey(secret)
    return { what, is: 'ok', says: 'servers can have Hub tokens of their own', remedy: null }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    if (secret !== null) return { what, is: 'missing', says: error.message, remedy: error.remedy }
    const remedy = 'Set it to what `openssl rand -base64 32` prints, and keep it.'
    return { what, is: 'note', says: 'is not set: servers cannot have Hub tokens of their own', remedy }
  }
}
