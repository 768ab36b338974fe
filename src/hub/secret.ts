import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { UserError } from '../user-error.ts'

const VERSION = 'v1'
const SHORTEST_KEY = 16

/**
 * Encrypts a secret for the database: AES-256-GCM, under a key derived (scrypt, 16 MB) from FINETUNE_SECRET, which
 * takes about 50 ms.
 * `owner` is bound into it: what was kept for one server cannot be put under another. Throws UserError without a key.
 */
export function encryptSecret({
  secret,
  key,
  owner,
}: {
  secret: string
  /** FINETUNE_SECRET */
  key: string | null
  /** Whose it is, e.g. a server's id. */
  owner: string
}): string {
  const password = checkSecretKey(key)
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', scryptSync(password, salt, 32), nonce).setAAD(Buffer.from(owner))
  const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return [VERSION, ...[salt, nonce, cipher.getAuthTag(), encrypted].map((part) => part.toString('base64url'))].join('.')
}

/** The secret again. Throws UserError when the key is another, or somebody has changed what was kept. */
export function decryptSecret({ kept, key, owner }: { kept: string; key: string | null; owner: string }): string {
  const password = checkSecretKey(key)
  const [version, ...parts] = kept.split('.')
  const [salt, nonce, tag, encrypted] = parts.map((part) => Buffer.from(part, 'base64url'))
  if (version !== VERSION || !salt || !nonce || !tag || !encrypted) throw unreadable()
  try {
    const decipher = createDecipheriv('aes-256-gcm', scryptSync(password, salt, 32), nonce, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(owner)).setAuthTag(tag)
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8')
  } catch {
    throw unreadable()
  }
}

/** The key, which must be there and long enough. Throws UserError that says who sets it to what. */
export function checkSecretKey(key: string | null): string {
  if (key !== null && key.length >= SHORTEST_KEY) return key
  throw new UserError(
    key === null
      ? 'Secrets of a server are kept only encrypted, and FINETUNE_SECRET, the key, is not set.'
      : `FINETUNE_SECRET is too short; expected at least ${SHORTEST_KEY} characters.`,
    'Whoever runs the bot sets it to what `openssl rand -base64 32` prints, and keeps it: without it, what was kept is lost.',
  )
}

function unreadable(): UserError {
  return new UserError(
    'The token that was kept for this server cannot be read: FINETUNE_SECRET is not what it was kept under.',
    'An admin of this server sets the token anew, or whoever runs the bot sets FINETUNE_SECRET back.',
  )
}
