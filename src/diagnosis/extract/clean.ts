const PLAIN = /[^\n\t\x20-\x7e]/
const ANSI = /\x1b(?:\[[0-?]{0,24}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[@-Z\\^_])/g
/** Colours whose escape character was lost on the way, or was written out by a JSON logger. */
const BARE_COLOUR = /(?:\\u001b|\\x1b|\\033|␛)?\[\d{0,3}(?:;\d{1,3}){0,5}m/g
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g
/** Characters that show nothing or turn the line around: they would hide a secret or a cause. */
const INVISIBLE =
  /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu
const ENTITIES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&apos;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&nbsp;': ' ',
}

/**
 * A log as plain lines: colours, invisible and control characters gone, every kind of line end and every redraw of a
 * progress bar a line of its own, typographic quotes as written in the source. Linear in the length of the text.
 */
export function clean(raw: string): string {
  let text = raw
  if (PLAIN.test(text)) {
    if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
    if (text.includes('\x1b')) text = text.replace(ANSI, '')
    text = text
      .replace(CONTROL, '')
      .replace(INVISIBLE, '')
      .replace(/[\u00a0\u2000-\u200a\u202f\u3000]/g, ' ')
      .replace(/[\u2018\u2019\u201b\u2032]/g, "'")
      .replace(/[\u201c\u201d\u201f\u2033]/g, '"')
      .replace(/[\u2028\u2029\u0085]/g, '\n')
  }
  if (/\[\d{0,3}(?:;\d{1,3}){0,5}m/.test(text)) text = text.replace(BARE_COLOUR, '')
  if (text.includes('&'))
    text = text.replace(/&(?:quot|#39|#x27|apos|lt|gt|amp|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
  return isOneEscapedLine(text)
    ? text
        .replace(/\\r?\\?n/g, '\n')
        .replace(/\\t/g, '\t')
        .replace(/\\(["'])/g, '$1')
    : text
}

/** A traceback that was copied out of a JSON log: few lines, and its line ends are written as `\n`. */
function isOneEscapedLine(text: string): boolean {
  if (text.length > 200_000 || !text.includes('\\n')) return false
  const ends = text.split('\\n').length
  return ends > 4 && ends > 2 * text.split('\n').length
}
