/**
 * Text that a person or a program wrote, made safe to show. Mentions are harmless already (allowed_mentions), but
 * markdown, masked links and characters that turn or hide text are not.
 */

// Control characters, zero-width ones, and those that change the direction of what follows.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]/g
const MARKDOWN = /[\\*_~`|<>[\]()#@]|^(?=[-+]\s)|^(?=\d+\.\s)/gm

/** Without what cannot be seen; lines end in \n. */
export function visible(written: string): string {
  return written.replace(/\r\n?/g, '\n').replace(HIDDEN, '')
}

/** At most `length` characters, ending in … when something was left out. Never cuts a character in two. */
export function clip(written: string, length: number): string {
  const characters = Array.from(written)
  if (written.length <= length) return written
  let kept = ''
  for (const character of characters) {
    if (kept.length + character.length > length - 1) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** As running text: no markdown, no mention, one line. */
export function plain(written: string, length = 200): string {
  const line = visible(written).replace(/\s+/g, ' ').trim()
  return clip(line, length).replace(MARKDOWN, (found) => `\\${found}`)
}

/** Markdown outside of `code`. An underscore inside of a word (`eval_steps`) means nothing and stays readable. */
const STYLED = /[\\*~|<>[\]]|(?<=\])\(|(?<![\p{L}\d])_|_(?![\p{L}\d])|^\s*(?=#{1,3}\s|-#\s|[-+]\s)/gmu

/** As running text that keeps the `code` of our own sentences; all other markdown, and what hides or pings, does nothing. */
export function spoken(written: string, length = 600): string {
  return clip(visible(written).trim(), length)
    .replace(/`{2,}/g, (ticks) => 'ˋ'.repeat(ticks.length))
    .split(/(`[^`\n]+`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(STYLED, (found) => `\\${found}`)))
    .join('')
    .replace(/@/g, '@\u2060')
}

/** As `inline code`. */
export function inlineCode(written: string, length = 100): string {
  const line = clip(visible(written).replace(/\s+/g, ' ').trim(), length).replaceAll('`', 'ˋ')
  return `\`${line === '' ? ' ' : line}\``
}

/** As a code block of at most `length` characters, fences included. */
export function codeBlock(written: string, { length = 1000, language = '' } = {}): string {
  const fences = `\`\`\`${language}\n`.length + '\n```'.length
  // A zero-width space inside keeps three backticks from closing the block.
  const body = visible(written)
    .replaceAll('```', '``\u200b`')
    .replace(/^\n+|\s+$/g, '')
  return `\`\`\`${language}\n${clip(body === '' ? ' ' : body, length - fences)}\n\`\`\``
}
