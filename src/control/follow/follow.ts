import { transition } from '../../../storage/moves.ts'
import { getRun, getState, type Run } from '../../../storage/runs.ts'
import type { Fate } from '../../hosts/host.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import { isLive } from '../../run/state.ts'
import { announce, type Context, timingOf } from '../context.ts'
import { endRun } from '../run/end.ts'
import { once, pause } from '../tasks.ts'
import { type Story, openStory, takeChunk } from './story.ts'

/**
 * Follows a live run until it has ended: stores what the engine says, moves the run's state with it, and notices when
 * the engine ends or falls silent without a word. A run is followed once, however often this is called; the promise
 * resolves when there is nothing left to follow, or `context.signal` aborts.
 */
export function followRun(context: Context, id: number): Promise<void> {
  return once(context, `follow #${id}`, async () => {
    const { retryFirst, retryLast } = timingOf(context)
    let wait = retryFirst
    while (!context.signal.aborted) {
      const run = getRun(context.database, id)
      if (!isLive(run.state) || run.folder === null) return
      try {
        await listen(context, run, run.folder)
        wait = retryFirst
      } catch (error) {
        context.log.warn({ err: error, run: id }, 'a run cannot be followed, trying again')
        if (wait > retryFirst) markLost(context, id, error instanceof Error ? error.message : String(error))
        await pause(wait, context.signal)
        wait = Math.min(wait * 2, retryLast)
      }
    }
  })
}

/** Listens to one engine until it has ended. Returns early when somebody else has stored what it was about to store. */
async function listen(context: Context, run: Run, folder: string): Promise<void> {
  const story = openStory(context, run)
  const over = new AbortController()
  const stop = () => over.abort()
  context.signal.addEventListener('abort', stop)
  const { signal } = over
  const ways = [
    tail(context, story, folder, signal),
    exit(context, folder, signal),
    look(context, story, folder, signal),
  ]
  try {
    await Promise.race(ways)
  } finally {
    stop()
    await Promise.allSettled(ways)
    context.signal.removeEventListener('abort', stop)
  }
  if (context.signal.aborted || story.superseded) return
  if (await drain(context, story, folder)) await endRun(context, { id: run.id, folder, view: story.view })
}

/** Takes the lines that the engine wrote after the last look and before it ended. False when somebody else does. */
async function drain(context: Context, story: Story, folder: string): Promise<boolean> {
  if (story.view.end) return true
  for await (const chunk of context.host.read({ folder, file: RUN_FOLDER.events, offset: story.received })) {
    if (!takeChunk(context, story, chunk)) break
  }
  return !story.superseded
}

/** Stores what is appended, until the engine has said its last word. */
async function tail(context: Context, story: Story, folder: string, signal: AbortSignal): Promise<void> {
  if (story.view.end) return
  const chunks = context.host.follow({ folder, file: RUN_FOLDER.events, offset: story.received, signal })
  for await (const chunk of chunks) {
    if (!takeChunk(context, story, chunk)) return
  }
}

/** Waits until the supervisor has written how the engine ended. */
async function exit({ host }: Context, folder: string, signal: AbortSignal): Promise<void> {
  for await (const chunk of host.follow({ folder, file: RUN_FOLDER.ended, offset: 0, signal })) {
    if (chunk.length > 0) return
  }
}

/** Looks now and then whether the engine lives and keeps its promises; returns when it is certainly gone. */
async function look(context: Context, story: Story, folder: string, signal: AbortSignal): Promise<void> {
  const { lookEvery, silenceFactor, leastSilence, vanished } = timingOf(context)
  let goneSince: number | null = null
  for (;;) {
    await pause(lookEvery, signal)
    if (signal.aborted) return
    const fate = await fateOrUnknown(context, folder)
    if (fate?.is === 'ended') return
    if (fate?.is === 'vanished') {
      goneSince ??= Date.now()
      markLost(context, story.id, 'nothing lives on the host, and nobody saw how it ended')
      if (Date.now() - goneSince >= vanished) return
      continue
    }
    goneSince = null
    const silence = Date.now() - story.heardAt
    if (silence < Math.max(leastSilence, silenceFactor * story.promise)) continue
    const seconds = Math.round(silence / 1000)
    if (fate?.is === 'running') markLost(context, story.id, `the engine lives, but has said nothing for ${seconds} s`)
    else markLost(context, story.id, `the engine has said nothing for ${seconds} s, and the host cannot tell why`)
  }
}

async function fateOrUnknown({ host, log }: Context, folder: string): Promise<Fate | null> {
  try {
    return await host.fate({ folder })
  } catch (error) {
    log.warn({ err: error, folder }, 'the host cannot tell what became of an engine')
    return null
  }
}

function markLost(context: Context, id: number, reason: string): void {
  const state = getState(context.database, id)
  if (state === 'lost' || !isLive(state)) return
  if (transition(context.database, { id, from: state, to: 'lost', actor: 'bot', reason })) announce(context, id)
}
