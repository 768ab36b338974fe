import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Database } from './database.ts'

const Message = z.object({
  run_id: z.int(),
  key: z.string(),
  channel_id: z.string(),
  message_id: z.string().nullable(),
  nonce: z.string(),
  at: z.string(),
})
export type Message = z.infer<typeof Message>

interface MessageKey {
  run_id: number
  /** Names the thing that is said once: 'channel', 'status', 'eval:125', 'result', … */
  key: string
}

/** What was said under this key, or null. */
export function findMessage(database: Database, { run_id, key }: MessageKey): Message | null {
  const row = database.prepare('SELECT * FROM messages WHERE run_id = ? AND key = ?').get(run_id, key)
  return row === undefined ? null : Message.parse(row)
}

/**
 * Says "about to send this" before it is sent. The nonce depends on run and key alone, so that Discord recognises a
 * second try after a crash and answers with the first message.
 */
export function planMessage(
  database: Database,
  { run_id, key, channel_id }: MessageKey & { channel_id: string },
  now = new Date(),
): Message {
  const nonce = createHash('sha256').update(`${run_id}:${key}:${channel_id}`).digest('base64url').slice(0, 25)
  database
    .prepare(
      `INSERT INTO messages (run_id, key, channel_id, message_id, nonce, at) VALUES (?, ?, ?, NULL, ?, ?)
       ON CONFLICT (run_id, key) DO UPDATE SET channel_id = excluded.channel_id, message_id = NULL, nonce = excluded.nonce
       WHERE messages.message_id IS NULL`,
    )
    .run(run_id, key, channel_id, nonce, now.toISOString())
  const message = findMessage(database, { run_id, key })
  if (!message) throw new Error(`Expected message ${key} of run #${run_id} to be planned.`)
  return message
}

/** Remembers that it was sent. */
export function sentMessage(
  database: Database,
  { run_id, key, message_id }: MessageKey & { message_id: string },
): void {
  database.prepare('UPDATE messages SET message_id = ? WHERE run_id = ? AND key = ?').run(message_id, run_id, key)
}

/** Forgets a message that is gone from Discord, so that it may be said again. */
export function forgetMessage(database: Database, { run_id, key }: MessageKey): void {
  database.prepare('DELETE FROM messages WHERE run_id = ? AND key = ?').run(run_id, key)
}

/** Everything that was said about a run. */
export function listMessages(database: Database, run_id: number): Message[] {
  return database
    .prepare('SELECT * FROM messages WHERE run_id = ? ORDER BY at, key')
    .all(run_id)
    .map((row) => Message.parse(row))
}
