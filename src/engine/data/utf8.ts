import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { UserError } from '../../user-error.ts'

const NEWLINE = 10

/**
 * A text file in pieces of bytes, each of whole characters. Throws UserError where a byte is not UTF-8, or is NUL, with its
 * offset and line. A byte order mark is left in.
 */
export async function* readUtf8({ path, file }: { path: string; file: string }): AsyncGenerator<Buffer, void, void> {
  let offset = 0
  let lines = 1
  let rest: Buffer = Buffer.alloc(0)
  for await (const read of createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
    const bytes: Buffer = rest.length === 0 ? read : Buffer.concat([rest, read])
    const end = wholeCharacters(bytes)
    const piece = bytes.subarray(0, end)
    refuse({ piece, offset, lines, file })
    yield piece
    rest = Buffer.from(bytes.subarray(end))
    offset += end
    lines += countLines(piece)
  }
  if (rest.length > 0) throw notUtf8({ file, offset, line: lines, byte: rest[0] ?? 0 })
}

function refuse({ piece, offset, lines, file }: { piece: Buffer; offset: number; lines: number; file: string }): void {
  const nul = piece.indexOf(0)
  if (nul >= 0) {
    throw new UserError(
      `\`${file}\` has a NUL byte at offset ${offset + nul} (line ${lines + countLines(piece.subarray(0, nul))}), so it is no UTF-8 text.`,
      `If it was saved as UTF-16: \`iconv -f UTF-16 -t UTF-8 '${file}' > utf8-${baseName(file)}\``,
      'dataset-encoding',
    )
  }
  if (isUtf8(piece)) return
  const bad = firstBadByte(piece)
  throw notUtf8({
    file,
    offset: offset + bad,
    line: lines + countLines(piece.subarray(0, bad)),
    byte: piece[bad] ?? 0,
  })
}

function notUtf8({
  file,
  offset,
  line,
  byte,
}: {
  file: string
  offset: number
  line: number
  byte: number
}): UserError {
  return new UserError(
    `\`${file}\` is not UTF-8: byte 0x${byte.toString(16).padStart(2, '0')} at offset ${offset}, line ${line}.`,
    `If it comes from Windows or Excel: \`iconv -f WINDOWS-1252 -t UTF-8 '${file}' > utf8-${baseName(file)}\``,
    'dataset-encoding',
  )
}

/** How many bytes at the beginning are not part of a character that is cut off at the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) break
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}

/** Where decoding first fails: at a replacement character that is not written there as such. */
function firstBadByte(bytes: Buffer): number {
  const text = bytes.toString('utf8')
  let from = 0
  let at = 0
  for (;;) {
    const found = text.indexOf('\ufffd', at)
    if (found < 0) return from
    from += Buffer.byteLength(text.slice(at, found))
    if (bytes[from] !== 0xef || bytes[from + 1] !== 0xbf || bytes[from + 2] !== 0xbd) return from
    from += 3
    at = found + 1
  }
}

function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}

function baseName(file: string): string {
  return file.split('/').at(-1) ?? file
}
