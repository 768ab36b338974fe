import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { MAX_FILE_BYTES, type IncomingFile } from '../attachments.ts'
import { failure } from '../failure.ts'
import type { Files } from '../messages.ts'
import { isThread, type Channel, type State, type TextChannel, type Thread } from '../state.ts'

const MAX_REQUEST_BYTES = 25 * 1024 * 1024
const MAX_FILES = 10

export interface Body {
  payload: unknown
  files: Files
}

export interface Env {
  Bindings: HttpBindings
  Variables: { body: Body }
}

/** Of any path: params are read by name. */
export type Request = Context<Env, string>

interface Incoming {
  header(name: string): string | undefined
  text(): Promise<string>
  parseBody(): Promise<Record<string, unknown>>
}

/** JSON, or multipart with `payload_json` and `files[n]`. Throws 50109, 30015 and 40005 as Discord does. */
export async function readBody(request: Incoming): Promise<Body> {
  if (Number(request.header('content-length') ?? 0) > MAX_REQUEST_BYTES) throw failure.tooLarge()
  if (request.header('content-type')?.startsWith('multipart/form-data') !== true) {
    const text = await request.text()
    if (text.length > MAX_REQUEST_BYTES) throw failure.tooLarge()
    return { payload: text === '' ? null : parse(text), files: new Map() }
  }

  const { payload_json: json, ...form } = await request.parseBody()
  const files = new Map<string, IncomingFile>()
  for (const [key, value] of Object.entries(form)) {
    const index = /^files\[(\d+)\]$/.exec(key)?.[1]
    if (index === undefined || !(value instanceof File)) continue
    if (value.size > MAX_FILE_BYTES) throw failure.tooLarge()
    const bytes = new Uint8Array(await value.arrayBuffer())
    files.set(index, { name: value.name, type: value.type || 'application/octet-stream', bytes })
  }
  if (files.size > MAX_FILES) throw failure.tooManyFiles()
  return { payload: typeof json === 'string' ? parse(json) : {}, files }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw failure.invalidJson()
  }
}

/** The checked body. Only call it after a validator has passed. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names what the validator has proven
export function payload<T>(c: Request): T {
  return c.get('body').payload as T
}

export function param(c: Request, name: string): string {
  return c.req.param(name) ?? ''
}

/** The channel or thread a route names, or 10003. */
export function channelOf(state: State, c: Request, name = 'channel'): Channel {
  const channel = state.channels.get(param(c, name))
  if (channel === undefined) throw failure.unknownChannel()
  return channel
}

export function threadOf(state: State, c: Request): Thread {
  const channel = channelOf(state, c)
  if (!isThread(channel)) throw failure.unknownChannel()
  return channel
}

export function textChannelOf(state: State, c: Request): TextChannel {
  const channel = channelOf(state, c)
  if (isThread(channel)) throw failure.wrongChannelType()
  return channel
}

export function demandGuild(state: State, c: Request): void {
  if (param(c, 'guild') !== state.guild.id) throw failure.unknownGuild()
}
