import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Run } from '../../../storage/runs.ts'
import { redact } from '../../diagnosis/redact.ts'
import type { Host } from '../../hosts/host.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import type { Context } from '../context.ts'

/** The share of a clipped log that its beginning gets: versions and arguments stand there, the error at the end. */
const HEAD_SHARE = 1 / 4
/** Room for what secrets are replaced by, which may be longer than they were, and for the line about the cut. */
const ROOM = 0.97
/** Characters that are looked through for secrets in one go, some 10 ms: people wait for answers meanwhile. */
const SLICE = 256 * 1024
/** No private key is longer. */
const KEY_LENGTH = 8000

/**
 * Everything that the engine printed, without secrets, as a file of at most `bytes` bytes: of a longer log the beginning
 * and the end, cut between lines. Empty when it printed nothing.
 */
export async function readFullLog(
  { host }: Pick<Context, 'host'>,
  { folder }: Pick<Run, 'folder'>,
  { bytes }: { bytes: number },
): Promise<Buffer> {
  if (folder === null) return Buffer.alloc(0)
  const most = Math.floor(bytes * ROOM)
  const end = await host.tail({ folder, file: RUN_FOLDER.log, bytes: most })
  if (Buffer.byteLength(end) < most) return Buffer.from(await redactSlowly(end)).subarray(0, bytes)

  const headBytes = Math.floor(most * HEAD_SHARE)
  const head = wholeLines(await beginning(host, folder, headBytes), 'first')
  const tail = wholeLines(withoutHalfKey(Buffer.from(end).subarray(headBytes).toString('utf8')), 'last')
  const cut = `\n[… the middle of this log is left out: Discord takes ${Math.floor(bytes / 2 ** 20)} MiB; the run folder has all of it …]\n\n`
  return Buffer.from(`${await redactSlowly(head)}${cut}${await redactSlowly(tail)}`).subarray(0, bytes)
}

async function beginning(host: Host, folder: string, bytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of host.read({ folder, file: RUN_FOLDER.log, offset: 0 })) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bytes) break
  }
  return Buffer.concat(chunks).subarray(0, bytes).toString('utf8')
}

/** Without the line that was cut: half of a secret is not known for one. */
function wholeLines(text: string, which: 'first' | 'last'): string {
  return which === 'first' ? text.slice(0, text.lastIndexOf('\n') + 1) : text.slice(text.indexOf('\n') + 1)
}

/** A private key whose beginning was cut off would not be known for one. */
function withoutHalfKey(text: string): string {
  const end = /-----END [A-Z ]{0,30}PRIVATE KEY-----/.exec(text.slice(0, KEY_LENGTH))
  return end && !text.slice(0, end.index).includes('-----BEGIN') ? text.slice(end.index) : text
}

/** As `redact`, slice by slice, with others' turns between. A slice ends with a line, and never within a private key. */
async function redactSlowly(text: string): Promise<string> {
  let safe = ''
  for (let from = 0; from < text.length;) {
    const to = sliceEnd(text, from)
    safe += redact(text.slice(from, to))
    from = to
    await nextTurn()
  }
  return safe
}

function sliceEnd(text: string, from: number): number {
  const line = text.indexOf('\n', from + SLICE)
  if (line === -1) return text.length
  const key = text.lastIndexOf('-----BEGIN', line)
  const isOpen = key >= from && !text.slice(key, line).includes('-----END')
  if (!isOpen) return line + 1
  const behind = text.indexOf('\n', key + KEY_LENGTH)
  return behind === -1 ? text.length : behind + 1
}
