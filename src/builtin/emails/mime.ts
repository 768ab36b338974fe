import { TextDecoder } from 'node:util'

/**
 * Mail as it was sent in 2002: headers, MIME trees, transfer encodings and charsets, broken ones included.
 * Everything works on strings of bytes (latin1), and only what a charset names is decoded.
 */
export interface Mail {
  /** The first of each header, by its name in lower case, unfolded. */
  headers: ReadonlyMap<string, string>
  body: string
}

/** A part that a person would read. */
export interface Part {
  type: string
  text: string
}

const DEEPEST = 5
const HEADER = /^([!-9;-~]+):\s*(.*)$/

/** Parts a mail at its first empty line. */
export function parseMail(raw: string): Mail {
  const end = raw.search(/\r?\n\r?\n/)
  const head = end < 0 ? raw : raw.slice(0, end)
  const body = end < 0 ? '' : raw.slice(end).replace(/^\r?\n\r?\n/, '')
  const headers = new Map<string, string>()
  // The line "From …" of a mailbox file is no header.
  const unfolded = head.replace(/^From .*\r?\n/, '').replace(/\r?\n[ \t]+/g, ' ')
  for (const line of unfolded.split(/\r?\n/)) {
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    if (!headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value)
  }
  return { headers, body }
}

/** Every readable leaf of the MIME tree in order; attachments are left out. */
export function readableParts(mail: Mail, depth = 0): Part[] {
  const contentType = mail.headers.get('content-type') ?? 'text/plain'
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  const isMultipart = type.startsWith('multipart/')
  const boundary = boundaryOf(contentType)
  if (isMultipart && boundary !== null && depth < DEEPEST) {
    return splitAt(mail.body, boundary).flatMap((part) => readableParts(parseMail(part), depth + 1))
  }
  if (type === 'message/rfc822' && depth < DEEPEST) return readableParts(parseMail(mail.body), depth + 1)
  if (type.includes('/') && !type.startsWith('text/') && !isMultipart) return []
  const [, charset] = /charset\s*=\s*"?([^";\s]+)/i.exec(contentType) ?? []
  return [{ type, text: decodeCharset(transferDecoded(mail), charset) }]
}

/** A header's RFC 2047 words (`=?charset?q?…?=`) as text. */
export function decodeWords(header: string): string {
  return header
    .replace(/(=\?[^?]+\?[bqBQ]\?[^?]*\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?([^?]+)\?([bqBQ])\?([^?]*)\?=/g, (_word, charset: string, encoding: string, data: string) => {
      const bytes = encoding.toLowerCase() === 'b' ? fromBase64(data) : fromQuotedPrintable(data.replaceAll('_', ' '))
      return decodeCharset(bytes, charset)
    })
}

function boundaryOf(contentType: string): string | null {
  const [, quoted, bare] = /boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? []
  return quoted ?? bare ?? null
}

function splitAt(body: string, boundary: string): string[] {
  return (
    body
      .split(`--${boundary}`)
      .slice(1)
      .filter((part) => !part.startsWith('--'))
      // What follows the boundary is either the part's first header or the empty line before its text.
      .map((part) => part.replace(/^[ \t]*\r?\n/, '\n').replace(/^\n(?=\S+:)/, ''))
  )
}

function transferDecoded({ headers, body }: Mail): string {
  switch ((headers.get('content-transfer-encoding') ?? '').toLowerCase().trim()) {
    case 'base64':
      return fromBase64(body)
    case 'quoted-printable':
      return fromQuotedPrintable(body)
    default:
      return body
  }
}

function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=[ \t]*\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

function fromBase64(text: string): string {
  return Buffer.from(text.replace(/[^A-Za-z0-9+/=]/g, ''), 'base64').toString('latin1')
}

/**
 * Charsets that nobody knows (`default_charset`, `3Diso-8859-1`) are read as western text. Western text is read as latin1:
 * what windows-1252 has beyond it (curly quotes) becomes control characters, which are dropped later. Node 20 and 22 read
 * it so whatever one asks for, and the rows must not depend on Node's version.
 */
function decodeCharset(bytes: string, charset = 'windows-1252'): string {
  const decoder = decoderOf(charset.toLowerCase().replace(/^3d/, ''))
  return decoder === null || decoder.encoding === 'windows-1252' ? bytes : decoder.decode(Buffer.from(bytes, 'latin1'))
}

function decoderOf(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset)
  } catch {
    return null
  }
}
