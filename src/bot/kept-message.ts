import { type REST, SnowflakeUtil } from 'discord.js'
import { isDeepStrictEqual } from 'node:util'
import type { Database } from '../../storage/database.ts'
import { findMessage, forgetMessage } from '../../storage/messages.ts'
import { getRun } from '../../storage/runs.ts'
import type { Card } from '../cards/layout.ts'
import { hasEnded } from '../run/state.ts'
import { editCard, setArchived } from './deliver.ts'
import { mayPass, refusalOf } from './failures.ts'
import { type LatestOnly, latestOnly } from './latest-only.ts'

const HOUR_MS = 3_600_000
/** Discord lets messages older than an hour be edited three times in six seconds, all of a channel together. */
const OLD_GAP_MS = 10_000

/** Least time between two edits of a message: it grows with the message's age. */
export function editGap({ age, interval }: { age: number; interval: number }): number {
  return age < HOUR_MS ? interval : Math.max(interval, OLD_GAP_MS * Math.min(3, age / HOUR_MS))
}

/** Keeps one message of a run up to date. `gone` is told when it was deleted, so that it can be said anew. */
export function keptMessage({
  database,
  rest,
  run_id,
  key,
  interval,
  signal,
  gone,
  failed,
}: {
  database: Database
  rest: REST
  run_id: number
  key: string
  /** Milliseconds between edits of a young message. */
  interval: number
  signal: AbortSignal
  gone: () => void
  failed: (error: unknown) => void
}): LatestOnly<Card> {
  async function write(card: Card): Promise<void> {
    const message = findMessage(database, { run_id, key })
    if (!message?.message_id) return
    const { channel_id, message_id } = message
    const run = getRun(database, run_id)
    try {
      await editCard(rest, { channel_id, message_id, card })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === 'archived') {
        await setArchived(rest, { thread_id: channel_id, archived: false })
        await editCard(rest, { channel_id, message_id, card })
      } else if (refusal === 'message gone' || (refusal === 'channel gone' && channel_id !== run.channel_id)) {
        // What somebody deleted of a run that is over stays deleted.
        if (hasEnded(run.state)) return
        forgetMessage(database, { run_id, key })
        gone()
      } else throw error
    }
  }

  function gap(): number {
    // The last write of a process may end after its record was closed.
    if (!database.open) return interval
    const id = findMessage(database, { run_id, key })?.message_id
    return editGap({ age: id ? Date.now() - SnowflakeUtil.timestampFrom(id) : 0, interval })
  }

  return latestOnly({
    write,
    gap,
    same: isDeepStrictEqual,
    onError: (error) => {
      const again = mayPass(error)
      if (!again) failed(error)
      return again
    },
    signal,
  })
}
