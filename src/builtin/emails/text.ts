import { htmlToText, looksLikeHtml } from './html.ts'
import { decodeWords, parseMail, readableParts } from './mime.ts'
import { tidy, withoutMarks } from './tidy.ts'

/** A plain part shorter than this only says that the HTML part is the mail. */
const TOO_SHORT = 40

/**
 * Subject and body of a raw mail (bytes as latin1). Of all headers only the subject is kept: the others name the
 * collector's servers, and so the class.
 */
export function mailText(raw: string): { subject: string; body: string } {
  const mail = parseMail(raw)
  const parts = readableParts(mail).map(({ type, text }) => {
    const isHtml = type === 'text/html'
    return { isHtml, text: tidy(isHtml || looksLikeHtml(text) ? htmlToText(text) : text) }
  })
  const joined = (html: boolean) =>
    parts
      .filter(({ isHtml }) => isHtml === html)
      .map(({ text }) => text)
      .join(' ')
  const plain = joined(false)
  const html = joined(true)
  const chosen = plain.length >= TOO_SHORT || plain.length >= html.length ? plain : html
  return { subject: tidy(decodeWords(mail.headers.get('subject') ?? '')), body: withoutMarks(chosen) }
}
