import type { APITextDisplayComponent } from 'discord-api-types/v10'
import { Markdown } from '../markdown/markdown.tsx'

export function TextDisplay({ display }: { display: APITextDisplayComponent }) {
  return <Markdown text={display.content} />
}
