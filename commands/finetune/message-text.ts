import type { Attachment, Message } from 'discord.js'
import { textOf } from '../../src/cards/layout.ts'
import { UserError } from '../../src/user-error.ts'

const TEXT_FILE = /\.(?:txt|log|out|err|md|json|jsonl|py|ipynb)$/i

/** Everything that a message says: its text, what its components and embeds say, and a text file that hangs on it. */
export async function everythingSaid(message: Message): Promise<string> {
  const file = message.attachments.find(
    ({ name, contentType }) => TEXT_FILE.test(name) || contentType?.startsWith('text/') === true,
  )
  const parts = [
    message.content,
    textOf(message.components.map((component) => component.toJSON())),
    ...message.embeds.map(({ title, description }) => `${title ?? ''}\n${description ?? ''}`),
    file ? await readAttachment(file) : '',
  ]
  return parts.join('\n')
}

const FILE_BYTES = 4_000_000
const FILE_MS = 10_000

/** A log file as text. Throws UserError when it is too large, or is no text. */
export async function readAttachment({ url, size, name }: Pick<Attachment, 'url' | 'size' | 'name'>): Promise<string> {
  if (size > FILE_BYTES) {
    throw new UserError(`\`${name}\` has ${(size / 1e6).toFixed(1)} MB; 4 MB are read.`, 'Send the end of it.')
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(FILE_MS) })
  if (!response.ok)
    throw new UserError(`\`${name}\` could not be read from Discord (${response.status}).`, 'Send it again.')
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.includes(0)) throw new UserError(`\`${name}\` is not a text file.`, 'Send the log as text.')
  return new TextDecoder().decode(bytes)
}
