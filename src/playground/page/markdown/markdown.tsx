import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { CodeBlock } from './code-block.tsx'
import { List } from './list.tsx'
import { Link } from './link.tsx'
import { ChannelMention, CommandMention, Mention, RoleMention, UserMention } from './mention.tsx'
import { type Mark, parseMarkdown } from './parse.ts'
import { Spoiler } from './spoiler.tsx'
import { Timestamp } from './timestamp.tsx'

/**
 * A text in Discord's markdown. `inline` is for where a line is all the room there is; children stand behind the text,
 * on its last line.
 */
export function Markdown({
  text,
  inline = false,
  children,
}: {
  text: string
  inline?: boolean
  children?: ComponentChildren
}) {
  const marks = useMemo(() => parseMarkdown(text), [text])
  if (inline) return <>{renderMarks(marks)}</>
  return (
    <div class={onlyEmoji(marks) ? 'markdown markdown-jumbo' : 'markdown'}>
      {renderMarks(marks)}
      {children}
    </div>
  )
}

export function renderMarks(marks: readonly Mark[]): ComponentChildren {
  return marks.map((mark, index) => <MarkNode key={index} mark={mark} after={marks[index - 1]?.type} />)
}

const blocks = new Set<Mark['type'] | undefined>(['codeBlock'])

function MarkNode({ mark, after }: { mark: Mark; after: Mark['type'] | undefined }) {
  switch (mark.type) {
    case 'text':
      return <>{mark.content}</>
    case 'br':
    case 'newline':
      // A block ends its own line; Discord swallows the line break that follows it.
      return blocks.has(after) ? null : <br />
    case 'strong':
      return <strong>{renderMarks(mark.content)}</strong>
    case 'em':
      return <em>{renderMarks(mark.content)}</em>
    case 'underline':
      return <u>{renderMarks(mark.content)}</u>
    case 'strikethrough':
      return <s>{renderMarks(mark.content)}</s>
    case 'spoiler':
      return <Spoiler>{renderMarks(mark.content)}</Spoiler>
    case 'inlineCode':
      return <code class="inline-code">{mark.content}</code>
    case 'codeBlock':
      return <CodeBlock language={mark.lang} code={mark.content} />
    case 'blockQuote':
      return <blockquote>{renderMarks(withoutLastBreak(mark.content))}</blockquote>
    case 'subtext':
      return <small class="subtext">{renderMarks(mark.content)}</small>
    case 'heading':
      return (
        <div class={`heading heading-${mark.level}`} role="heading" aria-level={mark.level + 2}>
          {renderMarks(mark.content)}
        </div>
      )
    case 'list':
      return <List list={mark} />
    case 'link':
    case 'url':
    case 'autolink':
      return <Link target={mark.target}>{renderMarks(mark.content)}</Link>
    case 'user':
      return <UserMention id={mark.id} />
    case 'channel':
      return <ChannelMention id={mark.id} />
    case 'role':
      return <RoleMention id={mark.id} />
    case 'everyone':
    case 'here':
      return <Mention>@{mark.type}</Mention>
    case 'slashCommand':
      return <CommandMention name={mark.fullName} />
    case 'guildNavigation':
      return <Mention>{mark.navigation}</Mention>
    case 'emoji':
      return <span title={`:${mark.name}:`}>:{mark.name}:</span>
    case 'twemoji':
    case 'emoticon':
      return <span class="emoji">{mark.name ?? mark.content}</span>
    case 'timestamp':
      return <Timestamp seconds={Number(mark.timestamp)} format={mark.format ?? 'f'} />
  }
}

function withoutLastBreak(marks: readonly Mark[]): readonly Mark[] {
  return marks.at(-1)?.type === 'br' ? marks.slice(0, -1) : marks
}

function onlyEmoji(marks: readonly Mark[]): boolean {
  return (
    marks.length > 0 &&
    marks.length <= 27 &&
    marks.every((mark) => mark.type === 'twemoji' || (mark.type === 'text' && mark.content.trim() === ''))
  )
}
