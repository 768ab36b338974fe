import { ComponentType, EmbedType, type APIAttachment, type APIEmbed } from 'discord-api-types/v10'
import type { ShownMessage } from '../protocol.ts'
import { storeAttachment } from './attachments.ts'
import { flatten, numbered, type Component } from './components.ts'
import type { Files, MessageBody } from './messages.ts'
import type { Channel, State } from './state.ts'
import { invalidForm } from './validate/faults.ts'

/** The files of this request, in order, described by the entries of `attachments` that name their index. */
export function uploads(state: State, channel: Channel, body: MessageBody, files: Files): APIAttachment[] {
  return [...files].map(([index, file]) => {
    const entry = body.attachments?.find(({ id }) => String(id) === index)
    return storeAttachment(
      state,
      channel.id,
      { ...file, name: entry?.filename ?? file.name },
      entry?.description ?? null,
    )
  })
}

export function shownComponents(
  given: Component[],
  attachments: readonly APIAttachment[],
): NonNullable<ShownMessage['components']> {
  const all = numbered(given)
  for (const one of flatten(all)) {
    for (const media of [one.media, one.file, ...(one.items ?? []).map((item) => item.media)]) {
      if (media === undefined) continue
      const attachment = referenced(media.url, attachments)
      if (attachment === null) {
        media.proxy_url = media.url
        continue
      }
      const { id, url, width, height, content_type } = attachment
      Object.assign(media, { url, proxy_url: url, width, height, content_type, attachment_id: id })
      if (one.type === ComponentType.File) Object.assign(one, { name: attachment.filename, size: attachment.size })
    }
  }
  return all as unknown as NonNullable<ShownMessage['components']>
}

export function shownEmbeds(given: readonly APIEmbed[], attachments: readonly APIAttachment[]): APIEmbed[] {
  return given.map((embed) => {
    const one: APIEmbed = { ...structuredClone(embed), type: EmbedType.Rich }
    for (const media of [one.image, one.thumbnail]) {
      if (media !== undefined) media.url = referenced(media.url, attachments)?.url ?? media.url
    }
    return one
  })
}

function referenced(url: string, attachments: readonly APIAttachment[]): APIAttachment | null {
  if (!url.startsWith('attachment://')) return attachments.find((one) => one.url === url) ?? null
  const name = url.slice('attachment://'.length)
  const found = attachments.find(({ filename }) => filename === name)
  if (found !== undefined) return found
  throw invalidForm([
    {
      path: ['components'],
      code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
      message: `The referenced attachment file "${name}" does not exist in the message`,
    },
  ])
}
