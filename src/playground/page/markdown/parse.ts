import { rulesExtended, SimpleMarkdown } from 'discord-markdown-parser'

type ParserRule = NonNullable<(typeof rulesExtended)[string]>

/** Discord's markdown as a tree. The shapes are discord-markdown-parser's, and lists are ours: it has none. */
export type Mark =
  | { type: 'text' | 'inlineCode'; content: string }
  | { type: 'br' | 'newline' | 'everyone' | 'here' }
  | { type: 'strong' | 'em' | 'underline' | 'strikethrough' | 'spoiler' | 'blockQuote' | 'subtext'; content: Mark[] }
  | { type: 'heading'; level: number; content: Mark[] }
  | { type: 'codeBlock'; lang: string; content: string }
  | { type: 'link' | 'url' | 'autolink'; target: string; content: Mark[] }
  | { type: 'user' | 'channel' | 'role'; id: string }
  | { type: 'emoji'; name: string; id: string; animated: boolean }
  | { type: 'twemoji' | 'emoticon'; name?: string; content?: string }
  | { type: 'timestamp'; timestamp: string; format?: string }
  | { type: 'slashCommand'; fullName: string; id: string }
  | { type: 'guildNavigation'; navigation: string }
  | MarkList

export interface MarkList {
  type: 'list'
  ordered: boolean
  start: number
  items: { content: Mark[]; inside: MarkList[] }[]
}

interface Line {
  depth: number
  ordered: boolean
  number: number
  text: string
}

// The last group is the line break: rules that begin a line look there for where the one before it ended.
const listLines = /^(?: *(?:[-*]|\d{1,9}\.) +[^\n]*(\n|$))+/

/** The library looks for a line's start in the capture before it, and misses it after a quote. */
function atLineStart(rule: ParserRule): ParserRule {
  return {
    ...rule,
    match: (source, state, before) =>
      /^$|\n$/.test(before) ? rule.match(source, { ...state, prevCapture: null }, before) : null,
  }
}

const { heading, subtext } = rulesExtended
if (!heading || !subtext) throw new Error('discord-markdown-parser has no rule for headings or subtext')

const parser = SimpleMarkdown.parserFor({
  ...rulesExtended,
  heading: atLineStart(heading),
  subtext: atLineStart(subtext),
  list: {
    order: SimpleMarkdown.defaultRules.heading.order,
    match: (source, state, before) =>
      state['inList'] !== true && /^$|\n$/.test(before) ? listLines.exec(source) : null,
    parse: (capture, parse, state) => {
      const lines = (capture[0] ?? '').trimEnd().split('\n').map(readLine)
      const parseItem = (text: string) => mergeText(parse(text, { ...state, inList: true }) as Mark[])
      return gatherAll(lines, parseItem)
    },
  },
})

/** The tree of a message's text. Never throws: what is not markdown is text. */
export function parseMarkdown(source: string): Mark[] {
  return mergeText(parser(source, { inline: true }) as Mark[])
}

function readLine(line: string): Line {
  const [, indent = '', bullet = '-', text = ''] = /^( *)([-*]|\d+\.) +(.*)$/.exec(line) ?? []
  return {
    depth: Math.floor(indent.length / 2),
    ordered: bullet.endsWith('.'),
    number: Number.parseInt(bullet, 10) || 1,
    text,
  }
}

/** Lists that follow each other: one ends where the bullets of its own depth change their kind. */
function gatherAll(lines: readonly Line[], parseItem: (text: string) => Mark[]): MarkList[] {
  const [first] = lines
  if (!first) return []
  const change = lines.findIndex(({ depth, ordered }) => depth <= first.depth && ordered !== first.ordered)
  if (change === -1) return [gather(lines, parseItem)]
  return [gather(lines.slice(0, change), parseItem), ...gatherAll(lines.slice(change), parseItem)]
}

/** Lines of one list: deeper lines belong to the item above them. */
function gather(lines: readonly Line[], parseItem: (text: string) => Mark[]): MarkList {
  const [first] = lines
  const depth = first?.depth ?? 0
  const list: MarkList = { type: 'list', ordered: first?.ordered ?? false, start: first?.number ?? 1, items: [] }
  for (let at = 0; at < lines.length;) {
    const next = lines.findIndex((other, index) => index > at && other.depth <= depth)
    const end = next === -1 ? lines.length : next
    list.items.push({
      content: parseItem(lines[at]?.text ?? ''),
      inside: gatherAll(lines.slice(at + 1, end), parseItem),
    })
    at = end
  }
  return list
}

/** The parser cuts text into many pieces; a screen reader and a text search want one. */
function mergeText(marks: readonly Mark[]): Mark[] {
  const merged: Mark[] = []
  for (const mark of marks) {
    const last = merged.at(-1)
    if (mark.type === 'text' && last?.type === 'text')
      merged[merged.length - 1] = { ...last, content: last.content + mark.content }
    else if ('content' in mark && Array.isArray(mark.content))
      merged.push({ ...mark, content: mergeText(mark.content) } as Mark)
    else merged.push(mark)
  }
  return merged
}
