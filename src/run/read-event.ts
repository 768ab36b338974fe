import { z } from 'zod'
import { RunEvent } from './events.ts'

/** A line that is JSON with a seq, but of a type or form that this version does not know: kept, shown raw, never fatal. */
export interface UnknownEvent {
  type: 'unknown'
  seq: number
  at: string
  raw: unknown
}

const Envelope = z.looseObject({ seq: z.int().min(1), at: z.string() })

/** Reads one line. Null when it is no event at all (not JSON, or without a seq): the caller says so once. */
export function parseEvent(line: string): RunEvent | UnknownEvent | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  const known = RunEvent.safeParse(value)
  if (known.success) return known.data
  const envelope = Envelope.safeParse(value)
  return envelope.success ? { type: 'unknown', seq: envelope.data.seq, at: envelope.data.at, raw: value } : null
}
