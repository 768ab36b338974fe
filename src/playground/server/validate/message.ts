import { MessageFlags, type APIEmbed } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'
import { flatten, type Path } from '../components.ts'
import { failure } from '../failure.ts'
import type { Files, MessageBody } from '../messages.ts'
import { componentFaults } from './components.ts'
import { refuse, type Fault } from './faults.ts'
import { shapeFaults, shapes } from './spec.ts'

const MAX_CONTENT = 2000
const MAX_EMBED_TEXT = 6000

export interface MessageContext {
  kind: 'create' | 'edit' | 'response' | 'edit response'
  /** The message as it stands, on edits. */
  existing: ShownMessage | null
  files: Files
}

const shapeOf = {
  create: shapes.messageCreate,
  edit: shapes.messageEdit,
  response: shapes.webhookCreate,
  'edit response': shapes.webhookEdit,
} as const

/** Throws 50035 with every fault of a message body, or 50006 where nothing would be left to see. */
export function checkMessage(body: unknown, context: MessageContext): asserts body is MessageBody {
  refuse(shapeFaults(shapeOf[context.kind], body))
  checkMessageRules(body as MessageBody, context, [])
}

/** The rules beyond the specification; `at` is where the message stands in the body (`data` in callbacks). */
export function checkMessageRules(
  body: MessageBody,
  { existing, files }: Omit<MessageContext, 'kind'>,
  at: Path,
): void {
  const flags = (body.flags ?? 0) | ((existing?.flags ?? 0) & MessageFlags.IsComponentsV2)
  const v2 = (flags & MessageFlags.IsComponentsV2) !== 0
  const faults = [
    ...contentFaults(body, existing, { v2, at }),
    ...embedFaults(body.embeds ?? [], at),
    ...componentFaults(body.components ?? [], { v2, at: [...at, 'components'] }),
    ...mentionFaults(body, at),
    ...attachmentFaults(body, existing, files, at),
  ]
  refuse(faults)
  if (isEmpty(body, existing, files)) throw failure.emptyMessage()
}

function contentFaults(
  body: MessageBody,
  existing: ShownMessage | null,
  { v2, at }: { v2: boolean; at: Path },
): Fault[] {
  const content = body.content ?? ''
  const faults: Fault[] = []
  if (content.trim().length > MAX_CONTENT) {
    faults.push({
      path: [...at, 'content'],
      code: 'BASE_TYPE_MAX_LENGTH',
      message: `Must be ${MAX_CONTENT} or fewer in length.`,
    })
  }
  if (!v2) return faults
  const legacy = (field: string): Fault => ({
    path: [...at, field],
    code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
    message: `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
  })
  const becomes = existing !== null && ((existing.flags ?? 0) & MessageFlags.IsComponentsV2) === 0
  // The edit that turns a message into V2 has to take away what it had: with null, not by leaving it out.
  if (content !== '' || (becomes && body.content === undefined && existing.content !== ''))
    faults.push(legacy('content'))
  if ((body.embeds ?? []).length > 0 || (becomes && body.embeds === undefined && existing.embeds.length > 0))
    faults.push(legacy('embeds'))
  for (const field of ['poll', 'sticker_ids'] as const) {
    const value = (body as Record<string, unknown>)[field]
    if (value !== undefined && value !== null) faults.push(legacy(field))
  }
  return faults
}

function embedFaults(embeds: readonly APIEmbed[], at: Path): Fault[] {
  const faults: Fault[] = []
  let total = 0
  embeds.forEach((embed, index) => {
    for (const [row, field] of (embed.fields ?? []).entries()) {
      for (const part of ['name', 'value'] as const) {
        const path = [...at, 'embeds', index, 'fields', row, part]
        if (field[part].trim() === '')
          faults.push({ path, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' })
        total += field[part].trim().length
      }
    }
    for (const text of [embed.title, embed.description, embed.footer?.text, embed.author?.name])
      total += text?.trim().length ?? 0
  })
  if (total > MAX_EMBED_TEXT) {
    faults.push({
      path: [...at, 'embeds'],
      code: 'MAX_EMBED_SIZE_EXCEEDED',
      message: `Embed size exceeds maximum size of ${MAX_EMBED_TEXT}`,
    })
  }
  return faults
}

function mentionFaults({ allowed_mentions: allowed }: MessageBody, at: Path): Fault[] {
  const parse: readonly string[] = allowed?.parse ?? []
  return (['users', 'roles'] as const)
    .filter((kind) => parse.includes(kind) && (allowed?.[kind] ?? []).length > 0)
    .map((kind) => ({
      path: [...at, 'allowed_mentions'],
      code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
      message: `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
    }))
}

/** Every entry is a file of this request or an attachment the message has; every reference has its file. */
function attachmentFaults(body: MessageBody, existing: ShownMessage | null, files: Files, at: Path): Fault[] {
  const entries = body.attachments ?? []
  const faults = entries.flatMap((entry, index): Fault[] => {
    const known =
      files.has(String(entry.id)) || existing?.attachments.some(({ id }) => id === String(entry.id)) === true
    return known
      ? []
      : [
          {
            path: [...at, 'attachments', index],
            code: 'ATTACHMENT_NOT_FOUND',
            message: `No file or attachment has the id ${entry.id}`,
          },
        ]
  })
  const kept = (existing?.attachments ?? []).filter(
    ({ id }) => body.attachments === undefined || entries.some((one) => String(one.id) === id),
  )
  const names = new Set([
    ...kept.map(({ filename }) => filename),
    ...[...files].map(([index, file]) => entries.find(({ id }) => String(id) === index)?.filename ?? file.name),
  ])
  const urls = flatten(body.components ?? []).flatMap((one) => [
    ...[one.media, one.file].flatMap((media) => media?.url ?? []),
    ...(one.items ?? []).map((item) => item.media.url),
  ])
  const embedUrls = (body.embeds ?? []).flatMap((one) =>
    [one.image?.url, one.thumbnail?.url].flatMap((url) => url ?? []),
  )
  for (const [field, list] of [
    ['components', urls],
    ['embeds', embedUrls],
  ] as const) {
    for (const url of list) {
      const name = url.startsWith('attachment://') ? url.slice('attachment://'.length) : null
      if (name === null || names.has(name)) continue
      faults.push({
        path: [...at, field],
        code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
        message: `The referenced attachment file "${name}" does not exist in the message`,
      })
    }
  }
  return faults
}

function isEmpty(body: MessageBody, existing: ShownMessage | null, files: Files): boolean {
  const after = <T>(given: T | null | undefined, had: T | undefined, none: T): T =>
    given === undefined ? (had ?? none) : (given ?? none)
  const extras = body as Record<string, unknown>
  if (
    ['poll', 'sticker_ids', 'shared_client_theme'].some(
      (field) => extras[field] !== undefined && extras[field] !== null,
    )
  )
    return false
  return (
    after(body.content, existing?.content, '').trim() === '' &&
    after<unknown[]>(body.embeds, existing?.embeds, []).length === 0 &&
    after<unknown[]>(body.components, existing?.components, []).length === 0 &&
    after<unknown[]>(body.attachments, existing?.attachments, []).length === 0 &&
    files.size === 0
  )
}
