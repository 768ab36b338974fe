import type { REST } from 'discord.js'
import { createHash } from 'node:crypto'
import type { Database } from '../../storage/database.ts'
import { findMessage, type Message, planMessage, sentMessage } from '../../storage/messages.ts'
import { type Card, textOf } from '../cards/layout.ts'
import { messagesSince, sendCard } from './deliver.ts'
import { patiently } from './retry.ts'

/** Discord knows a nonce "for a few minutes"; a plan that is older may have been sent by a process that is gone. */
const NONCE_LIVES_MS = 60_000

export interface Saying {
  run_id: number
  key: string
  channel_id: string
  card: Card
  ping?: string | null
}

/**
 * Says a thing once, whatever happens in between: it is planned in the record, sent with a nonce that Discord
 * recognises, and remembered. A process that died between plan and answer says nothing twice. Answers the message's id.
 */
export async function sayOnce(
  { database, rest, me, signal }: { database: Database; rest: REST; me: string; signal: AbortSignal },
  { run_id, key, channel_id, card, ping = null }: Saying,
): Promise<string> {
  const known = findMessage(database, { run_id, key })
  if (known?.message_id) return known.message_id

  const plan = planMessage(database, { run_id, key, channel_id })
  const old = known !== null && Date.now() - Date.parse(known.at) > NONCE_LIVES_MS
  const earlier = old ? await findEarlier(rest, { me, channel_id, card, since: new Date(known.at) }) : null
  const message_id =
    earlier ?? (await patiently(() => sendCard(rest, { channel_id, card, nonce: nonceOf(plan), ping }), { signal })).id

  sentMessage(database, { run_id, key, message_id })
  return message_id
}

/**
 * The same for each try of one plan. What is said anew, after somebody deleted it, is another plan: with the first nonce
 * Discord would answer with the message that is gone.
 */
function nonceOf({ nonce, at }: Message): string {
  return createHash('sha256').update(`${nonce}:${at}`).digest('base64url').slice(0, 25)
}

/** Our own message with the same first line, sent since then. */
async function findEarlier(
  rest: REST,
  { me, channel_id, card, since }: { me: string; channel_id: string; card: Card; since: Date },
): Promise<string | null> {
  // A clock that runs ahead of Discord's must not hide the message.
  const messages = await messagesSince(rest, { channel_id, since: new Date(since.getTime() - 10_000) })
  const title = firstLine(card.components)
  return messages.find(({ author, components = [] }) => author.id === me && firstLine(components) === title)?.id ?? null
}

function firstLine(components: readonly { type: number }[]): string {
  return textOf(components).split('\n')[0] ?? ''
}
