/** Control characters, zero-width ones, and the replacement character. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\ufeff\ufffd]+/g
/** Rulers and frames (####, = = = =): a porn advert behind one was read as ham, for they fill the first 128 tokens. */
const RULER = /([#*=_~+\-.!|<>:$^%@&?])(?:\s*\1){3,}/g
/** What the people who collected the corpus left in the texts; each names the class. */
const MARK = /-*(?:DeathToSpam)+-*|URL: \S+ Date: (?:Not supplied|\d{4}-\d\d-\d\dT[\d:+-]+)/g

/** One line of printable text with rulers shortened to three. */
export function tidy(text: string): string {
  return oneLine(text.normalize('NFKC').replace(UNPRINTABLE, ' ').replace(RULER, '$1$1$1'))
}

/** The text without the collectors' marks. */
export function withoutMarks(text: string): string {
  return oneLine(text.replace(MARK, ' '))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
