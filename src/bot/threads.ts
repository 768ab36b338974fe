import type { REST } from 'discord.js'
import { findMessage, planMessage, sentMessage } from '../../storage/messages.ts'
import { listRuns, type Run, setThread } from '../../storage/runs.ts'
import { threadName } from '../cards/channel-line.ts'
import type { Context } from '../control/context.ts'
import { ENDED } from '../run/state.ts'
import { openThread, openThreadOf, setArchived } from './deliver.ts'
import { refusalOf } from './failures.ts'
import { SAID } from './narration.ts'
import { patiently } from './retry.ts'

/** Opens the run's thread from its channel message, once; a thread that is open already is taken. Answers its id. */
export async function openRunThread(
  { context, rest }: { context: Context; rest: REST },
  { run, message_id }: { run: Run; message_id: string },
): Promise<string> {
  const { database, signal } = context
  const open = () =>
    patiently(() => openThreadOf(rest, { channel_id: run.channel_id, message_id, name: threadName(run) }), { signal })
  let thread_id: string
  try {
    thread_id = await open()
  } catch (error) {
    const refusal = refusalOf(error)
    // A thread has the id of the message that it hangs on.
    if (refusal === 'thread exists') thread_id = message_id
    else if (refusal === 'too many threads' && (await archiveOldest({ context, rest }, run))) thread_id = await open()
    else throw error
  }
  setThread(database, { id: run.id, thread_id })
  return thread_id
}

/** A new thread for a run whose thread was deleted; null when that has happened before: then nobody wants one. */
export async function reopenRunThread(
  { context, rest }: { context: Context; rest: REST },
  run: Run,
): Promise<string | null> {
  const { database, signal } = context
  const key = { run_id: run.id, key: SAID.thread }
  if (findMessage(database, key)?.message_id) return null
  planMessage(database, { ...key, channel_id: run.channel_id })
  const thread_id = await patiently(() => openThread(rest, { channel_id: run.channel_id, name: threadName(run) }), {
    signal,
  })
  sentMessage(database, { ...key, message_id: thread_id })
  setThread(database, { id: run.id, thread_id })
  return thread_id
}

const ARCHIVED_AT_ONCE = 5

/** Makes room under the server's 1000 active threads with those of our own runs that ended longest ago. */
async function archiveOldest({ context, rest }: { context: Context; rest: REST }, run: Run): Promise<boolean> {
  const ended = listRuns(context.database, { guild_id: run.guild_id, states: ENDED, limit: 2000 })
  const threads = ended.flatMap(({ thread_id }) => (thread_id === null ? [] : [thread_id])).slice(-ARCHIVED_AT_ONCE)
  const archived = await Promise.allSettled(
    threads.map((thread_id) => setArchived(rest, { thread_id, archived: true })),
  )
  return archived.some(({ status }) => status === 'fulfilled')
}
