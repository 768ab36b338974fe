import type { Access } from './endpoint.ts'
import { HUB_URL } from './endpoint.ts'
import { HubError, type Subject } from './failure.ts'
import type { Extent } from './partial-file.ts'
import { hubRequest } from './request.ts'

/** One write, and the most that a kill loses of a connection. */
const PIECE = 4 * 1024 * 1024
/** Milliseconds without a byte after which a connection counts as cut. */
const STALL = 30_000

/**
 * Fetches bytes of a file and hands them over in pieces; the next comes in while one is written. Throws HubError:
 * `cut` when the connection ended early, everything handed over before that is good.
 */
export async function fetchRange({
  url,
  range,
  size,
  subject,
  write,
  stall = STALL,
  ...access
}: Access & {
  url: string
  range: Extent
  /** Of the whole file */
  size: number
  subject: Subject
  write: (start: number, bytes: Uint8Array) => Promise<void>
  stall?: number
}): Promise<void> {
  const { hubUrl = HUB_URL, token = null, signal } = access
  const whole = range.start === 0 && range.end === size
  const silence = new AbortController()
  const response = await hubRequest({
    ...access,
    url,
    subject,
    signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    headers: {
      'accept-encoding': 'identity',
      ...(whole ? {} : { range: `bytes=${range.start}-${range.end - 1}` }),
    },
    patience: { attempts: 1, base: 0, longest: 0 },
  })
  // A server that knows no ranges sends all of it: what is before is passed over.
  let skip = response.status === 206 ? 0 : range.start
  let at = range.start
  let filled = 0
  let writing: Promise<void> = Promise.resolve()
  const buffers = [Buffer.allocUnsafe(pieceOf(range)), Buffer.allocUnsafe(pieceOf(range))] as const
  let buffer: Buffer = buffers[0]
  const timer = setTimeout(() => silence.abort(), stall)

  const flush = async () => {
    if (filled === 0) return
    await writing
    const full = buffer.subarray(0, filled)
    writing = write(at, full)
    // Its error is thrown by the next `await writing`, not as an unhandled one.
    writing.catch(() => undefined)
    at += filled
    filled = 0
    buffer = buffer === buffers[0] ? buffers[1] : buffers[0]
  }

  let broken: unknown = null
  try {
    for await (const received of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      timer.refresh()
      let chunk = received
      if (skip > 0) {
        const passed = Math.min(skip, chunk.length)
        skip -= passed
        chunk = chunk.subarray(passed)
      }
      while (chunk.length > 0 && at + filled < range.end) {
        const room = Math.min(buffer.length - filled, range.end - at - filled, chunk.length)
        buffer.set(chunk.subarray(0, room), filled)
        filled += room
        chunk = chunk.subarray(room)
        if (filled === buffer.length) await flush()
      }
      if (at + filled >= range.end) break
    }
  } catch (error) {
    broken = error
  } finally {
    clearTimeout(timer)
  }
  signal?.throwIfAborted()
  await flush()
  await writing
  if (at >= range.end) return
  if (broken instanceof HubError) throw broken
  throw new HubError({ is: 'cut', subject, received: at, of: size }, { hubUrl, token })
}

function pieceOf({ start, end }: Extent): number {
  return Math.max(1, Math.min(PIECE, end - start))
}
