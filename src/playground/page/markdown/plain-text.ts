import type { State } from '../../protocol.ts'
import { formatMoment } from '../moment.ts'
import { nameOf, userOf } from '../names.ts'
import type { Mark } from './parse.ts'

/** The words of a text in markdown, with names for mentions. Spoilers stay covered. */
export function plainText(state: State, marks: readonly Mark[]): string {
  return marks.map((mark) => wordsOf(state, mark)).join('')
}

function wordsOf(state: State, mark: Mark): string {
  switch (mark.type) {
    case 'text':
    case 'inlineCode':
    case 'codeBlock':
      return mark.content
    case 'br':
    case 'newline':
      return ' '
    case 'strong':
    case 'em':
    case 'underline':
    case 'strikethrough':
    case 'blockQuote':
    case 'subtext':
    case 'heading':
    case 'link':
    case 'url':
    case 'autolink':
      return plainText(state, mark.content)
    case 'spoiler':
      return 'spoiler'
    case 'list':
      return mark.items.map(({ content }) => plainText(state, content)).join(', ')
    case 'user': {
      const user = userOf(state, mark.id)
      return `@${user ? nameOf(state, user) : 'unknown-user'}`
    }
    case 'channel':
      return `#${state.channels.find(({ id }) => id === mark.id)?.name ?? 'unknown'}`
    case 'role':
      return `@${state.roles.find(({ id }) => id === mark.id)?.name ?? 'unknown-role'}`
    case 'everyone':
    case 'here':
      return `@${mark.type}`
    case 'slashCommand':
      return `/${mark.fullName}`
    case 'guildNavigation':
      return mark.navigation
    case 'emoji':
      return `:${mark.name}:`
    case 'twemoji':
    case 'emoticon':
      return mark.name ?? mark.content ?? ''
    case 'timestamp':
      return formatMoment(Number(mark.timestamp) * 1000, mark.format === 'R' ? 'f' : (mark.format ?? 'f'))
  }
}
