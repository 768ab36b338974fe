/** HTML of 2002 as the text that a person would see. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  bull: '•',
  middot: '·',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: "'",
  rsquo: "'",
  ldquo: '"',
  rdquo: '"',
  pound: '£',
  euro: '€',
  eacute: 'é',
  egrave: 'è',
}

const UNSEEN = /<(script|style|title)\b[\s\S]*?<\/\1\s*>/gi
const BLOCK = /<\/?(?:br|p|div|tr|td|th|li|ul|ol|table|h[1-6]|center|hr|blockquote)\b[^>]*>/gi

/** Whether a text that is said to be plain holds HTML. */
export function looksLikeHtml(text: string): boolean {
  const tags = text.match(/<\/?[a-z][^>]*>/gi) ?? []
  return tags.length > 4 && /<(?:html|body|table|font|br|p|a|div|center)\b[^>]*>/i.test(text)
}

/** Tags removed, block tags as a space, entities as characters. */
export function htmlToText(html: string): string {
  return (
    html
      // Without a space: spam splits words with comments.
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(UNSEEN, ' ')
      .replace(BLOCK, ' ')
      .replace(/<\/?[a-zA-Z!][^>]*>/g, '')
      .replace(/&#x([0-9a-f]+);?/gi, (_entity, hex: string) => character(parseInt(hex, 16)))
      .replace(/&#(\d+);?/g, (_entity, decimal: string) => character(Number(decimal)))
      .replace(/&([a-z]+);?/gi, (entity, name: string) => NAMED[name.toLowerCase()] ?? entity)
  )
}

function character(code: number): string {
  return code > 31 && code < 0x110000 ? String.fromCodePoint(code) : ' '
}
