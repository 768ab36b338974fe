import { appendEvents, readView, type StoredLine } from '../../../storage/events.ts'
import { transition } from '../../../storage/moves.ts'
import { getState, type Run } from '../../../storage/runs.ts'
import { redact } from '../../diagnosis/redact.ts'
import { parseEvent } from '../../run/read-event.ts'
import { isLive, mayBecome } from '../../run/state.ts'
import { foldAll, type RunView } from '../../run/view.ts'
import { announce, type Context, timingOf } from '../context.ts'
import { type LineCutter, lineCutter } from './lines.ts'
import { safeLine } from './safe-line.ts'

/** What is known of a run while it is followed: the stored events folded, and how far they reach. */
export interface Story {
  readonly id: number
  view: RunView
  /** Bytes of events.jsonl that are stored. */
  offset: number
  /** Bytes that were read: those and a torn last line. */
  received: number
  readonly cutter: LineCutter
  /** When the engine was last heard here, and how many milliseconds of silence it promised at most. */
  heardAt: number
  promise: number
  /** Somebody else has stored events of this run in the meantime. */
  superseded: boolean
}

export function openStory(context: Context, run: Run): Story {
  return {
    id: run.id,
    view: readView(context.database, run.id),
    offset: run.events_offset,
    received: run.events_offset,
    cutter: lineCutter(),
    heardAt: Date.now(),
    promise: timingOf(context).promise,
    superseded: false,
  }
}

/**
 * Stores the lines that a chunk completes and moves the run with them. False when there is no more to take: the engine
 * has said its last word, or somebody else stores this run's events (`superseded`).
 */
export function takeChunk(context: Context, story: Story, chunk: Uint8Array): boolean {
  const { lines, bytes } = cut(context, story, chunk)
  if (bytes === 0) return true
  const read = readLines(context, story, lines)
  const to = story.offset + bytes
  const stored = appendEvents(context.database, { run_id: story.id, from: story.offset, to, lines: read })
  if (!stored) {
    story.superseded = true
    return false
  }
  story.offset = to
  if (read.length === 0) return true
  const events = read.map(({ event }) => event)
  story.view = foldAll(story.view, events)
  for (const event of events) {
    if (event.type === 'heartbeat') story.promise = event.expect_next_in * 1000
  }
  story.heardAt = Date.now()
  moveToPhase(context, story)
  announce(context, story.id)
  return story.view.end === null
}

function cut(context: Context, story: Story, chunk: Uint8Array) {
  const before = story.cutter.tooLong
  const cut = story.cutter.push(chunk)
  story.received += chunk.length
  if (story.cutter.tooLong > before) context.log.warn({ run: story.id }, 'a line of events.jsonl is too long')
  return cut
}

function readLines(context: Context, story: Story, lines: readonly string[]): StoredLine[] {
  return lines.flatMap((written) => {
    if (written.trim() === '') return []
    const line = safeLine(written)
    const event = parseEvent(line)
    if (event) return [{ event, line }]
    context.log.warn({ run: story.id, line: redact(line.slice(0, 200)) }, 'a line of events.jsonl is no event')
    return []
  })
}

/** The state follows the phase; a lost run that speaks is found. */
function moveToPhase(context: Context, { id, view }: Story): void {
  const state = getState(context.database, id)
  const to = view.phase ?? 'preparing'
  if (view.end || state === to || !isLive(state) || !mayBecome(state, to)) return
  transition(context.database, { id, from: state, to, actor: 'engine' })
}
