import * as spec from 'discord-api-spec/zod'
import type { Path } from '../components.ts'
import type { Fault } from './faults.ts'

/** Schemas of Discord's published REST specification, by the bodies this server takes. */
export const shapes = {
  messageCreate: spec.MessageCreateRequestSchema,
  messageEdit: spec.MessageEditRequestPartialSchema,
  webhookCreate: spec.IncomingWebhookRequestPartialSchema,
  webhookEdit: spec.IncomingWebhookUpdateRequestPartialSchema,
  callbackMessage: spec.CreateMessageInteractionCallbackRequestSchema,
  callbackUpdate: spec.UpdateMessageInteractionCallbackRequestSchema,
  callbackChoices: spec.ApplicationCommandAutocompleteCallbackRequestSchema,
  callbackModal: spec.ModalInteractionCallbackRequestSchema,
  command: spec.ApplicationCommandUpdateRequestSchema,
  threadFromMessage: spec.CreateTextThreadWithMessageRequestSchema,
  threadAlone: spec.CreateTextThreadWithoutMessageRequestSchema,
  threadEdit: spec.UpdateThreadRequestPartialSchema,
  channelEdit: spec.UpdateGuildChannelRequestPartialSchema,
} satisfies Record<string, Schema>

export interface Schema {
  safeParse(body: unknown): { success: true; data: unknown } | { success: false; error: { issues: readonly Issue[] } }
}

/** What this server reads of a zod issue; which fields are there depends on `code`. */
interface Issue {
  code: string
  path: readonly PropertyKey[]
  expected?: string
  origin?: string
  minimum?: number | bigint
  maximum?: number | bigint
  values?: readonly unknown[]
  errors?: readonly (readonly Issue[])[]
}

/** Sent by discord.js though the specification does not list them; Discord takes and ignores them. */
const IGNORED = new Set(['tts', 'nonce', 'enforce_nonce', 'type', 'nsfw'])
/** Only in answers, and sent back by bots that re-use a component or an embed they were given. */
const ECHOED = new Set(
  'proxy_url width height content_type attachment_id name size loading_state placeholder placeholder_version flags provider video icon_proxy_url proxy_icon_url'.split(
    ' ',
  ),
)

/** Where a body departs from the specification, in Discord's codes and words; also keys that nobody reads (typos). */
export function shapeFaults(schema: Schema, body: unknown): Fault[] {
  const parsed = schema.safeParse(body)
  if (!parsed.success) return parsed.error.issues.flatMap((issue) => faultsOf(issue, [], body))
  return strayKeys(body, parsed.data, []).map((path) => ({
    path,
    code: 'UNKNOWN_FIELD',
    message: 'Discord knows no such field here and would ignore it.',
  }))
}

function faultsOf(issue: Issue, above: Path, body: unknown): Fault[] {
  const path = [...above, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
  if (issue.code === 'invalid_union') return unionFaults(issue.errors ?? [], path, body)
  return [{ path, ...inDiscordsWords(issue, valueAt(body, path)) }]
}

/** Of all the shapes that something may have, only the one whose `type` fits is worth reporting. */
function unionFaults(branches: readonly (readonly Issue[])[], path: Path, body: unknown): Fault[] {
  const typeIssue = (branch: readonly Issue[]) =>
    branch.find((one) => one.code === 'invalid_value' && one.path.length === 1 && one.path[0] === 'type')
  const rootIssue = (branch: readonly Issue[]) =>
    branch.some((one) => one.code !== 'invalid_union' && one.path.length === 0)
  const fitting = branches.filter((branch) => typeIssue(branch) === undefined && !rootIssue(branch))
  const best = fitting.sort((a, b) => a.length - b.length)[0]
  if (best !== undefined) return best.flatMap((issue) => faultsOf(issue, path, body))
  const types = branches.flatMap((branch) => typeIssue(branch)?.values ?? [])
  if (types.length > 0) {
    return [
      {
        path: [...path, 'type'],
        code: 'UNION_TYPE_CHOICES',
        message: `Value of field "type" must be one of (${types.map(String).join(', ')}).`,
      },
    ]
  }
  return (branches[0] ?? []).flatMap((issue) => faultsOf(issue, path, body))
}

function inDiscordsWords(issue: Issue, value: unknown): { code: string; message: string } {
  const number = issue.origin === 'number' || issue.origin === 'int' || issue.origin === 'bigint'
  switch (issue.code) {
    case 'too_big':
      return number
        ? { code: 'NUMBER_TYPE_MAX', message: `int value should be less than or equal to ${String(issue.maximum)}.` }
        : { code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${String(issue.maximum)} or fewer in length.` }
    case 'too_small':
      return number
        ? { code: 'NUMBER_TYPE_MIN', message: `int value should be greater than or equal to ${String(issue.minimum)}.` }
        : { code: 'BASE_TYPE_MIN_LENGTH', message: `Must be ${String(issue.minimum)} or more in length.` }
    case 'invalid_type':
      if (value === undefined) return { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }
      return {
        code: 'BASE_TYPE_CONVERT',
        message: `Could not interpret ${JSON.stringify(value).slice(0, 80)} as ${issue.expected ?? 'that type'}.`,
      }
    case 'invalid_value':
      if (value === undefined) return { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }
      return {
        code: 'BASE_TYPE_CHOICES',
        message: `Value must be one of (${(issue.values ?? []).map(String).join(', ')}).`,
      }
    case 'invalid_format':
      return { code: 'STRING_TYPE_REGEX', message: 'String value did not match validation regex.' }
    default:
      return { code: 'BASE_TYPE_INVALID', message: `This value is not allowed (${issue.code}).` }
  }
}

function valueAt(body: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    body,
  )
}

/** zod drops what it does not know, so what is in the body and not in the parsed data is a typo. */
function strayKeys(body: unknown, parsed: unknown, path: Path): Path[] {
  if (typeof body !== 'object' || body === null || typeof parsed !== 'object' || parsed === null) return []
  return Object.entries(body).flatMap(([key, value]) => {
    const at = [...path, Array.isArray(body) ? Number(key) : key]
    // A kept attachment is sent back with all that a client knows of it.
    if (key === 'attachments') return []
    if (key in parsed) return strayKeys(value, (parsed as Record<string, unknown>)[key], at)
    return IGNORED.has(key) || ECHOED.has(key) || value === null ? [] : [at]
  })
}
