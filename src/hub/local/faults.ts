import type { ServerResponse } from 'node:http'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a request goes wrong on demand. */
export type Fault =
  | { is: 'status'; status: number; headers?: Readonly<Record<string, string>>; error?: string }
  /** The connection is destroyed after so many bytes of the body. */
  | { is: 'cut'; after: number }
  /** Milliseconds before anything is answered. */
  | { is: 'delay'; ms: number }
  | { is: 'slow'; bytesPerSecond: number }
  /** One byte of the body is another. */
  | { is: 'damage' }

/** A fault for the requests whose `METHOD /path` matches. */
export interface FaultRule {
  on: RegExp
  fault: Fault
  /** How many requests meet it; the rest do not. Default: all. */
  times?: number
}

export interface Faults {
  /** Adds a rule; the answer takes it away again. */
  add: (rule: FaultRule) => () => void
  /** The fault that this request meets, counted. */
  meet: (request: string) => Fault | null
}

export function makeFaults(): Faults {
  const rules = new Set<{ rule: FaultRule; left: number }>()
  return {
    add: (rule) => {
      const entry = { rule, left: rule.times ?? Infinity }
      rules.add(entry)
      return () => rules.delete(entry)
    },
    meet: (request) => {
      for (const entry of rules) {
        if (entry.left <= 0 || !entry.rule.on.test(request)) continue
        entry.left--
        return entry.rule.fault
      }
      return null
    },
  }
}

/** Sends a body as the fault has it. */
export async function sendBody(body: Readable, response: ServerResponse, fault: Fault | null): Promise<void> {
  if (fault?.is === 'cut') return cut(body, response, fault.after)
  if (fault?.is === 'slow') return pipeline(body, slowly(fault.bytesPerSecond), response)
  if (fault?.is === 'damage') return pipeline(body, damaged(), response)
  return pipeline(body, response)
}

async function cut(body: Readable, response: ServerResponse, after: number): Promise<void> {
  let sent = 0
  for await (const chunk of body) {
    const part = (chunk as Buffer).subarray(0, after - sent)
    sent += part.length
    await new Promise<void>((done) => response.write(part, () => done()))
    if (sent >= after) break
  }
  response.destroy()
}

function slowly(bytesPerSecond: number): (body: Readable) => AsyncGenerator<Buffer> {
  const tick = 20
  const portion = Math.max(1, Math.round((bytesPerSecond * tick) / 1000))
  return async function* (body) {
    for await (const chunk of body) {
      for (let at = 0; at < (chunk as Buffer).length; at += portion) {
        yield (chunk as Buffer).subarray(at, at + portion)
        await sleep(tick)
      }
    }
  }
}

function damaged(): Transform {
  let first = true
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const copy = Buffer.from(chunk)
      if (first && copy.length > 0) copy[0] = (copy[0] ?? 0) ^ 1
      first = false
      done(null, copy)
    },
  })
}
