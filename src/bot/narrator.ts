import type { REST } from 'discord.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { listEvents, listWarnings } from '../../storage/events.ts'
import { fixThatMade } from '../../storage/fixes.ts'
import { findMessage, forgetMessage, listMessages } from '../../storage/messages.ts'
import { findRun, listQueue, type Run } from '../../storage/runs.ts'
import { channelLine } from '../cards/channel-line.ts'
import { discardedCard } from '../cards/draft.ts'
import { mendingCard } from '../cards/fix.ts'
import type { Card } from '../cards/layout.ts'
import { runTitle } from '../cards/names.ts'
import { resumingCard } from '../cards/resume.ts'
import { statusCard } from '../cards/status.ts'
import type { Context } from '../control/context.ts'
import { queuePosition } from '../control/run/queue.ts'
import { whyItFailed } from '../control/errors/why-it-failed.ts'
import type { EventOf } from '../run/events.ts'
import { hasEnded } from '../run/state.ts'
import { EMPTY_VIEW, foldAll, type RunView } from '../run/view.ts'
import type { Drafts } from './drafts.ts'
import { refusalOf } from './failures.ts'
import { keptMessage } from './kept-message.ts'
import { type LatestOnly, latestOnly } from './latest-only.ts'
import { missedRuns } from './missed-runs.ts'
import { SAID, type ThreadLine, untold } from './narration.ts'
import { sayOnce } from './say-once.ts'
import { openRunThread, reopenRunThread } from './threads.ts'

/** Tells a run's story where it was started: run, view and what was said → what to say next. */
export interface Narrator {
  /** The run's record has changed, or what is known of its draft. */
  touch: (run_id: number) => void
  /** Puts a run into its channel that nobody has answered a command with: a draft made by a button. */
  post: (run: Run) => Promise<string>
  /** Says what was missed while the bot was away. */
  catchUp: () => void
  /** What could not be told of this person's runs; each is answered once. */
  takeNotices: (user_id: string) => string[]
  /** Writes everything that waits, for at most `patience` milliseconds, and says no more. */
  close: (patience: number) => Promise<void>
}

/** Between two looks at the same run's record. */
const LOOK_GAP_MS = 100

interface Told {
  run: Run
  view: RunView
}

interface Follow {
  look: LatestOnly<number>
  kept: Map<string, LatestOnly<Card>>
  view: RunView
  state: Run['state'] | null
  /** What the run that this one goes on from had warned of; null while nobody has asked. */
  warned: EventOf<'warning'>[] | null
  /** Why nothing more can be said of this run where it was started. */
  silenced: string | null
}

export function makeNarrator({
  context,
  rest,
  me,
  drafts,
}: {
  context: Context
  rest: REST
  me: string
  drafts: () => Drafts
}): Narrator {
  const { database, config, log, signal } = context
  const say = { database, rest, me, signal }
  const follows = new Map<number, Follow>()
  const notices: { user_id: string; text: string }[] = []
  /** Once the last words are said the record may be closed: nothing is looked at any more. */
  let closed = false

  function follow(run_id: number): Follow {
    const known = follows.get(run_id)
    if (known) return known
    const made: Follow = {
      look: latestOnly({
        write: () => tell(run_id),
        gap: () => LOOK_GAP_MS,
        same: () => false,
        onError: (error) => {
          refused(run_id, error)
          return false
        },
        signal,
      }),
      kept: new Map(),
      view: EMPTY_VIEW,
      state: null,
      warned: null,
      silenced: null,
    }
    follows.set(run_id, made)
    return made
  }

  function touch(run_id: number): void {
    if (closed) return
    follow(run_id).look.push(run_id)
  }

  /** The record of a run as it is now; run and view of the same moment, or a run would end without its last rows. */
  function read(run_id: number): Told | null {
    const run = findRun(database, run_id)
    if (!run) return null
    const following = follow(run_id)
    following.view = foldAll(following.view, listEvents(database, run_id, following.view.lastSeq))
    return { run, view: following.view }
  }

  async function tell(run_id: number): Promise<void> {
    const told = closed ? null : read(run_id)
    const following = follow(run_id)
    if (!told || following.silenced !== null) return
    const { run } = told
    const before = following.state
    following.state = run.state
    const moved = before !== run.state

    if (run.state === 'draft') {
      keep(run, SAID.channel, drafts().card(run), moved)
      return
    }
    drafts().forget(run_id)
    if (run.state === 'discarded') keep(run, SAID.channel, discardedCard(run, null), moved)
    else await tellLaunched(told, moved)
    if (before === 'queued' && moved) for (const waiting of listQueue(database)) touch(waiting.id)
    if (hasEnded(run.state)) await leave(run_id)
  }

  /** The channel's line, the thread, its status card, and what the thread has not heard yet. */
  async function tellLaunched(told: Told, moved: boolean): Promise<void> {
    const { run } = told
    const { id, channel_id } = run
    const message_id = await sayOnce(say, { run_id: id, key: SAID.channel, channel_id, card: channelLine(told) })
    try {
      const thread_id = run.thread_id ?? (await openRunThread({ context, rest }, { run, message_id }))
      await tellThread(told, { thread_id, moved })
    } finally {
      const now = read(id) ?? told
      keep(now.run, SAID.channel, channelLine(now), moved)
    }
  }

  async function tellThread(told: Told, { thread_id, moved }: { thread_id: string; moved: boolean }): Promise<void> {
    const { run } = told
    const inThread = { run_id: run.id, channel_id: thread_id }
    const status = statusCard({ ...told, ahead: (queuePosition(context, run.id) ?? 1) - 1 })
    const fix = fixThatMade(database, run.id)
    try {
      if (fix) await sayOnce(say, { ...inThread, key: SAID.mending, card: mendingCard(run, fix) })
      if (run.resume_from !== null && run.parent_id !== null) {
        await sayOnce(say, { ...inThread, key: SAID.resuming, card: resumingCard(run, run.parent_id) })
      }
      await sayOnce(say, { ...inThread, key: SAID.status, card: status })
      keep(run, SAID.status, status, moved)
      for (const line of await linesFor(told)) await sayOnce(say, { ...inThread, ...line })
    } catch (error) {
      if (refusalOf(error) !== 'channel gone') throw error
      if (findMessage(database, { run_id: run.id, key: SAID.ending })?.message_id) return
      forgetMessage(database, { run_id: run.id, key: SAID.status })
      if ((await reopenRunThread({ context, rest }, run)) === null) throw error
      touch(run.id)
    }
  }

  async function linesFor({ run, view }: Told): Promise<ThreadLine[]> {
    const said = new Set(
      listMessages(database, run.id).flatMap(({ key, message_id }) => (message_id === null ? [] : [key])),
    )
    const following = follow(run.id)
    following.warned ??= run.resume_from === null || run.parent_id === null ? [] : listWarnings(database, run.parent_id)
    const asks = run.state === 'failed' && !said.has(SAID.ending)
    const answered = asks ? await whyItFailed(context, { run, view }) : null
    return untold({ run, view, said, warned: following.warned, answered })
  }

  /** Brings a message that was said up to date; one that was not said is somebody else's to say. */
  function keep(run: Run, key: string, card: Card, urgent: boolean): void {
    if (!findMessage(database, { run_id: run.id, key })?.message_id) return
    const { kept } = follow(run.id)
    let writer = kept.get(key)
    if (!writer) {
      writer = keptMessage({
        database,
        rest,
        run_id: run.id,
        key,
        interval: config.editIntervalMs,
        signal,
        gone: () => touch(run.id),
        failed: (error) => refused(run.id, error),
      })
      kept.set(key, writer)
    }
    writer.push(card, { urgent })
  }

  /** What Discord will not take is remembered for the starter; the run itself goes on. */
  function refused(run_id: number, error: unknown): void {
    if (closed) return
    const run = findRun(database, run_id)
    const refusal = refusalOf(error)
    log.warn({ run: run_id, err: error, refusal }, 'a run could not be told of')
    if (!run || (refusal !== 'forbidden' && refusal !== 'channel gone')) return
    const why = refusal === 'forbidden' ? `I may not write in <#${run.channel_id}> any more` : 'its channel is gone'
    follow(run_id).silenced = why
    notices.push({
      user_id: run.created_by,
      text: `I cannot tell of ${runTitle(run)}: ${why}. The run itself goes on.`,
    })
  }

  /** Nothing more will come: the last states are written and the run's memory is given back. */
  async function leave(run_id: number): Promise<void> {
    const following = follow(run_id)
    await Promise.all([...following.kept.values()].map((writer) => writer.flush()))
    if (following.silenced === null) follows.delete(run_id)
  }

  async function lastWords(): Promise<void> {
    const all = [...follows.values()]
    await Promise.all(all.map(({ look }) => look.flush()))
    await Promise.all(all.flatMap(({ kept }) => [...kept.values()].map((writer) => writer.flush())))
  }

  return {
    touch,
    post: async (run) => {
      const message_id = await sayOnce(say, {
        run_id: run.id,
        key: SAID.channel,
        channel_id: run.channel_id,
        card: drafts().card(run),
      })
      touch(run.id)
      return message_id
    },
    catchUp: () => {
      for (const run of missedRuns(database)) touch(run.id)
    },
    takeNotices: (user_id) => {
      const mine = notices.filter((notice) => notice.user_id === user_id)
      for (const notice of mine) notices.splice(notices.indexOf(notice), 1)
      return mine.map((notice) => notice.text)
    },
    close: async (patience) => {
      const done = new AbortController()
      const { signal: enough } = done
      const late = sleep(patience, undefined, { signal: enough, ref: false }).catch(() => undefined)
      await Promise.race([lastWords(), late])
      done.abort()
      closed = true
    },
  }
}
