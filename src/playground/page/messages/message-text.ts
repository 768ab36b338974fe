import type { ShownMessage } from '../../protocol.ts'

/** All the text of a message, as its author wrote it: what "Copy text" copies. */
export function messageText(message: ShownMessage): string {
  const embeds = message.embeds.flatMap(({ title, description }) => [title ?? '', description ?? ''])
  return [message.content, ...embeds, ...displays(message.components)].filter((text) => text !== '').join('\n')
}

function displays(components: unknown): string[] {
  if (!Array.isArray(components)) return []
  return components.flatMap((component: { content?: unknown; components?: unknown }) => [
    ...(typeof component.content === 'string' ? [component.content] : []),
    ...displays(component.components),
  ])
}
