import type { ShownMessage, State } from '../../protocol.ts'
import { plainText } from '../markdown/plain-text.ts'
import { parseMarkdown } from '../markdown/parse.ts'
import { messageText } from './message-text.ts'

/** What a message says in one line without any markup, for previews and for what a screen reader is told. */
export function gist(state: State, message: ShownMessage): string {
  const lines = messageText(message).split('\n')
  const first = lines.find((line) => /[^\s`]/.test(line)) ?? message.attachments[0]?.filename ?? ''
  return plainText(state, parseMarkdown(first)).trim()
}
