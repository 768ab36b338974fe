import { eachChunk } from './each-chunk.ts'
import { type Access, HUB_URL } from './endpoint.ts'
import { HubError, type Subject } from './failure.ts'
import { openBody } from './open-body.ts'
import type { Extent } from './partial-file.ts'

/** Bytes of one write. Larger ones leave the thread that writes idle, and then this one (1.8 s a GiB, 2.5 s by 4 MiB). */
const PIECE = 1024 * 1024
/** Milliseconds after which less than that is written, on a slow line: it shows that something comes. */
const WRITE_EVERY = 1_000
/** Pieces of a connection that are being written while the next comes in: the disk is not waited for. A kill loses them. */
const MOST_WRITES = 8
/** Milliseconds without a byte after which a connection counts as cut. */
const STALL = 30_000

/**
 * Fetches bytes of a file and hands them over in pieces, as they came (nothing is copied); the next comes in while one
 * is written. Throws HubError: `cut` when the connection ended early, everything handed over before that is good.
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
  /** Its end may sink meanwhile, when another connection takes the rest. */
  range: Extent
  /** Of the whole file */
  size: number
  subject: Subject
  write: (start: number, chunks: readonly Uint8Array[]) => Promise<void>
  stall?: number
}): Promise<void> {
  const { hubUrl = HUB_URL, token = null, signal } = access
  const { start, end } = range
  const whole = start === 0 && end === size
  const silence = new AbortController()
  const { status, body } = await openBody({
    ...access,
    url,
    subject,
    signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    headers: {
      'accept-encoding': 'identity',
      ...(whole ? {} : { range: `bytes=${start}-${end - 1}` }),
    },
  })
  // A server that knows no ranges sends all of it: what is before is passed over.
  let skip = status === 206 ? 0 : start
  let at = start
  let piece: Uint8Array[] = []
  let length = 0
  const writes: Promise<void>[] = []
  const timer = setTimeout(() => silence.abort(), stall)

  let written = performance.now()
  const flush = async () => {
    if (length === 0) return
    written = performance.now()
    const writing = write(at, piece)
    // Its error is thrown where it is awaited, not as an unhandled one.
    writing.catch(() => undefined)
    writes.push(writing)
    at += length
    piece = []
    length = 0
    if (writes.length >= MOST_WRITES) await writes.shift()
  }

  try {
    await eachChunk(body, (received) => {
      timer.refresh()
      const passed = Math.min(skip, received.length)
      skip -= passed
      const chunk = received.subarray(passed, passed + Math.max(0, range.end - at - length))
      if (chunk.length > 0) {
        piece.push(chunk)
        length += chunk.length
      }
      if (at + length >= range.end) return 'enough'
      return length >= PIECE || performance.now() - written > WRITE_EVERY ? flush() : undefined
    })
  } finally {
    clearTimeout(timer)
  }
  signal?.throwIfAborted()
  await flush()
  await Promise.all(writes)
  if (at < range.end) throw new HubError({ is: 'cut', subject, received: at, of: size }, { hubUrl, token })
}
