import { createHmac, randomBytes } from 'node:crypto'
import type { APIAttachment } from 'discord-api-types/v10'
import type { State } from './state.ts'

export const MAX_FILE_BYTES = 10 * 1024 * 1024
const LIFE_SECONDS = 24 * 3600
const secret = randomBytes(32)

export interface IncomingFile {
  name: string
  type: string
  bytes: Uint8Array<ArrayBuffer>
}

export interface StoredAttachment extends IncomingFile {
  id: string
  channel: string
}

/** Keeps a file and describes it as Discord does: a signed address that dies after a day. */
export function storeAttachment(
  state: State,
  channel: string,
  file: IncomingFile,
  description?: string | null,
): APIAttachment {
  const id = state.nextId()
  const name = file.name.replace(/[^\p{L}\p{N}._-]+/gu, '_') || 'unknown'
  state.attachments.set(id, { ...file, id, channel, name })
  const url = attachmentUrl(state, channel, id, name)
  const size = pngSize(file.bytes)
  return {
    id,
    filename: name,
    size: file.bytes.length,
    url,
    proxy_url: url,
    content_type: file.type,
    ...(description ? { description } : {}),
    ...size,
  }
}

function attachmentUrl(state: State, channel: string, id: string, name: string): string {
  const from = Math.floor(state.now() / 1000)
  const ex = (from + LIFE_SECONDS).toString(16)
  const is = from.toString(16)
  return `${state.origin}/attachments/${channel}/${id}/${encodeURIComponent(name)}?ex=${ex}&is=${is}&hm=${sign(id, ex, is)}&`
}

/** The file behind an address, or null where the signature is wrong or it has expired. */
export function openAttachment(
  state: State,
  id: string,
  query: { ex?: string; is?: string; hm?: string },
): StoredAttachment | null {
  const { ex = '', is = '', hm = '' } = query
  if (hm !== sign(id, ex, is) || parseInt(ex, 16) * 1000 < state.now()) return null
  return state.attachments.get(id) ?? null
}

function sign(id: string, ex: string, is: string): string {
  return createHmac('sha256', secret).update(`${id}.${ex}.${is}`).digest('hex')
}

/** Width and height stand at bytes 16 and 20 of a PNG. */
function pngSize(bytes: Uint8Array): { width: number; height: number } | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 24))
  if (head.length < 24 || head.readUInt32BE(0) !== 0x89504e47) return null
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
}
