/** What needs more than being read: colours, line ends, quotes, entities. Most lines of most logs have none. */
const NOT_PLAIN = /[^\n\t\x20-\x25\x27-\x7e]/
/** Colours whose escape character was lost on the way, or was written out by a JSON logger. */
const BARE_COLOUR = /(?:\\u001b|\\x1b|\\033|␛)?\[\d{0,3}(?:;\d{1,3}){0,5}m/g
const HAS_BARE_COLOUR = /\[\d{0,3}(?:;\d{1,3}){0,5}m/

/**
 * A log as plain lines: colours, invisible and control characters gone, every kind of line end and every redraw of a
 * progress bar a line of its own, typographic quotes and entities as written in the source. One pass, whatever the text.
 */
export function clean(raw: string): string {
  let text = NOT_PLAIN.test(raw) ? plain(raw) : raw
  if (HAS_BARE_COLOUR.test(text)) text = text.replace(BARE_COLOUR, '')
  return isOneEscapedLine(text)
    ? text
        .replace(/\\r?\\?n/g, '\n')
        .replace(/\\t/g, '\t')
        .replace(/\\(["'])/g, '$1')
    : text
}

const LF = 0x0a
const CR = 0x0d
const ESC = 0x1b
const AMPERSAND = 0x26
/** What a character is left out as. */
const NOTHING = -1

/** Characters are looked at one by one: a pattern would stop at each of five million. */
function plain(raw: string): string {
  const kept = new Uint16Array(raw.length)
  let length = 0
  let widest = 0
  for (let at = 0; at < raw.length;) {
    const code = raw.charCodeAt(at)
    let becomes = code
    let took = 1
    if (code === CR) {
      becomes = LF
      if (raw.charCodeAt(at + 1) === LF) took = 2
    } else if (code === ESC) {
      becomes = NOTHING
      took = escapeLength(raw, at)
    } else if (code === AMPERSAND && ENTITY_STARTS.includes(raw[at + 1] ?? ' ')) {
      const entity = entityAt(raw, at)
      if (entity) [becomes, took] = entity
    } else if (code < 0x20 || code >= 0x7f) {
      if (isTag(raw, at)) [becomes, took] = [NOTHING, 2]
      else becomes = unusual(code)
    }
    if (becomes !== NOTHING) {
      kept[length++] = becomes
      if (becomes > widest) widest = becomes
    }
    at += took
  }
  const bytes = Buffer.from(kept.buffer, 0, 2 * length)
  // A string that needs one byte a character is searched faster.
  return widest > 0xff ? bytes.toString('utf16le') : Buffer.from(kept.subarray(0, length)).toString('latin1')
}

/** How many characters a terminal takes as one command: a colour, a movement, a title. The escape alone where none fits. */
function escapeLength(raw: string, at: number): number {
  const next = raw.charCodeAt(at + 1)
  if (next === 0x5b) {
    // [ parameters, intermediates, and a letter that ends it
    let end = at + 2
    for (let n = 0; n < 24 && isIn(raw.charCodeAt(end), 0x30, 0x3f); n++) end++
    for (let n = 0; n < 4 && isIn(raw.charCodeAt(end), 0x20, 0x2f); n++) end++
    return isIn(raw.charCodeAt(end), 0x40, 0x7e) ? end + 1 - at : 1
  }
  if (next === 0x5d) {
    // ] text, and a bell or ESC \
    let end = at + 2
    for (let n = 0; n < 200 && end < raw.length; n++, end++) {
      const code = raw.charCodeAt(end)
      if (code === 0x07 || code === ESC || code === LF || code === CR) break
    }
    if (raw.charCodeAt(end) === 0x07) return end + 1 - at
    return raw.charCodeAt(end) === ESC && raw.charCodeAt(end + 1) === 0x5c ? end + 2 - at : 1
  }
  return isIn(next, 0x40, 0x5a) || next === 0x5c || next === 0x5e || next === 0x5f ? 2 : 1
}

function isIn(code: number, first: number, last: number): boolean {
  return code >= first && code <= last
}

const ENTITIES: Readonly<Record<string, string>> = {
  'quot;': '"',
  '#39;': "'",
  '#x27;': "'",
  'apos;': "'",
  'lt;': '<',
  'gt;': '>',
  'amp;': '&',
  'nbsp;': ' ',
}
const ENTITY_STARTS = '#aglnq'
const LONGEST_ENTITY = 5

/** The character that an entity stands for, and its length in the text. */
function entityAt(raw: string, at: number): [code: number, length: number] | null {
  for (let length = 3; length <= LONGEST_ENTITY; length++) {
    if (raw.charCodeAt(at + length) !== 0x3b) continue
    const stands = ENTITIES[raw.slice(at + 1, at + length + 1)]
    return stands === undefined ? null : [stands.charCodeAt(0), length + 1]
  }
  return null
}

/** Tag characters, U+E0000 to U+E007F, show nothing; they take two places. */
function isTag(raw: string, at: number): boolean {
  return raw.charCodeAt(at) === 0xdb40 && isIn(raw.charCodeAt(at + 1), 0xdc00, 0xdc7f)
}

/** What a character outside of ASCII's letters is read as. */
function unusual(code: number): number {
  if (code === 0x09 || code === LF) return code
  if (code === 0x85 || code === 0x2028 || code === 0x2029) return LF
  if (code < 0xa0) return NOTHING
  if (code === 0xa0 || isIn(code, 0x2000, 0x200a) || code === 0x202f || code === 0x3000) return 0x20
  // Characters that show nothing or turn the line around: they would hide a secret or a cause.
  if (code === 0xad || code === 0xfeff || isIn(code, 0xfff9, 0xfffb)) return NOTHING
  if (isIn(code, 0x200b, 0x200f) || isIn(code, 0x202a, 0x202e) || isIn(code, 0x2060, 0x2069)) {
    return code === 0x2065 ? code : NOTHING
  }
  if (code === 0x2018 || code === 0x2019 || code === 0x201b || code === 0x2032) return 0x27
  if (code === 0x201c || code === 0x201d || code === 0x201f || code === 0x2033) return 0x22
  return code
}

/** A traceback that was copied out of a JSON log: few lines, and its line ends are written as `\n`. */
function isOneEscapedLine(text: string): boolean {
  if (text.length > 200_000 || !text.includes('\\n')) return false
  const ends = text.split('\\n').length
  return ends > 4 && ends > 2 * text.split('\n').length
}
