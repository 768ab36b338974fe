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
/** First half of the tag characters, U+E0000 to U+E007F, which show nothing; among others. */
const TAG = 0xdb40
/** What a character may become besides another one. */
const NOTHING = -1
const LOOK_AHEAD = -2

/** What each character is read as; the plain ones stay. A table, since five million are asked. */
const READ_AS = Int32Array.from({ length: 0x10000 }, (_, code) => code)
const readAs = (becomes: number, ...ranges: readonly (readonly [first: number, last: number] | number)[]): void => {
  for (const range of ranges) {
    const [first, last] = typeof range === 'number' ? [range, range] : range
    READ_AS.fill(becomes, first, last + 1)
  }
}
readAs(NOTHING, [0x00, 0x08], 0x0b, 0x0c, [0x0e, 0x1f], [0x7f, 0x9f])
// Characters that show nothing or turn the line around: they would hide a secret or a cause.
readAs(NOTHING, 0xad, [0x200b, 0x200f], [0x202a, 0x202e], [0x2060, 0x2064], [0x2066, 0x2069], 0xfeff, [0xfff9, 0xfffb])
readAs(LF, 0x85, 0x2028, 0x2029)
readAs(0x20, 0xa0, [0x2000, 0x200a], 0x202f, 0x3000)
readAs(0x27, 0x2018, 0x2019, 0x201b, 0x2032)
readAs(0x22, 0x201c, 0x201d, 0x201f, 0x2033)
readAs(LOOK_AHEAD, CR, ESC, AMPERSAND, TAG)

/** Characters are looked at one by one: a pattern would stop at each of five million. */
function plain(raw: string): string {
  const kept = new Uint16Array(raw.length)
  let length = 0
  let widest = 0
  for (let at = 0; at < raw.length;) {
    let becomes = READ_AS[raw.charCodeAt(at)] ?? NOTHING
    let took = 1
    if (becomes === LOOK_AHEAD) [becomes, took] = lookAhead(raw, at)
    if (becomes !== NOTHING) {
      kept[length++] = becomes
      widest |= becomes
    }
    at += took
  }
  // A string that needs one byte a character is searched faster.
  if (widest < 0x100) return Buffer.from(kept.subarray(0, length)).toString('latin1')
  return Buffer.from(kept.buffer, 0, 2 * length).toString('utf16le')
}

/** What a character becomes that is read with those behind it, and how many of them there are with it. */
function lookAhead(raw: string, at: number): readonly [becomes: number, took: number] {
  const code = raw.charCodeAt(at)
  if (code === CR) return raw.charCodeAt(at + 1) === LF ? LINE_END_OF_TWO : LINE_END
  if (code === ESC) return [NOTHING, escapeLength(raw, at)]
  if (code === TAG) return isIn(raw.charCodeAt(at + 1), 0xdc00, 0xdc7f) ? [NOTHING, 2] : [code, 1]
  return (ENTITY_STARTS.includes(raw[at + 1] ?? ' ') ? entityAt(raw, at) : null) ?? AS_IT_IS
}

const LINE_END = [LF, 1] as const
const LINE_END_OF_TWO = [LF, 2] as const
const AS_IT_IS = [AMPERSAND, 1] as const

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
function entityAt(raw: string, at: number): readonly [becomes: number, took: number] | null {
  for (let length = 3; length <= LONGEST_ENTITY; length++) {
    if (raw.charCodeAt(at + length) !== 0x3b) continue
    const stands = ENTITIES[raw.slice(at + 1, at + length + 1)]
    return stands === undefined ? null : [stands.charCodeAt(0), length + 1]
  }
  return null
}

/** A traceback that was copied out of a JSON log: few lines, and its line ends are written as `\n`. */
function isOneEscapedLine(text: string): boolean {
  if (text.length > 200_000 || !text.includes('\\n')) return false
  const ends = text.split('\\n').length
  return ends > 4 && ends > 2 * text.split('\n').length
}
