import type { REST } from 'discord.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { readView } from '../../storage/events.ts'
import { findMessage } from '../../storage/messages.ts'
import {
  findPublish,
  getPublish,
  listApprovals,
  listPublishes,
  movePublish,
  type Publish,
} from '../../storage/publishes.ts'
import { getRun, type Run } from '../../storage/runs.ts'
import type { Card } from '../cards/layout.ts'
import { publishCard } from '../cards/publish/card.ts'
import type { Context } from '../control/context.ts'
import { resultsOf } from '../control/publish/files.ts'
import { uploadProgress } from '../control/publish/upload.ts'
import { UserError } from '../user-error.ts'
import { refusalOf } from './failures.ts'
import { keptMessage } from './kept-message.ts'
import type { LatestOnly } from './latest-only.ts'
import { sayOnce } from './say-once.ts'

/** Shows publications where their run is told of: one message each, kept up to date from draft to link. */
export interface Publications {
  /** Puts the card of a new draft into the run's thread, or into its channel where that is gone. Answers the channel. */
  post: (publish: Publish) => Promise<string>
  /** A publication's record or progress has changed. */
  touch: (id: number) => void
  /** Brings cards up to date that changed while the bot was away. */
  catchUp: () => void
  /** Writes what waits, for at most `patience` milliseconds, and says no more. */
  close: (patience: number) => Promise<void>
}

/** What may still change, and so may have changed unseen. */
const OPEN = ['draft', 'asked', 'uploading', 'interrupted', 'failed'] as const
const DAY_MS = 86_400_000

export function makePublications({ context, rest, me }: { context: Context; rest: REST; me: string }): Publications {
  const { database, config, log, signal } = context
  const kept = new Map<number, { writer: LatestOnly<Card>; state: Publish['state'] | null }>()
  let closed = false

  function follow(publish: Publish) {
    const known = kept.get(publish.id)
    if (known) return known
    const writer = keptMessage({
      database,
      rest,
      run_id: publish.run_id,
      key: keyOf(publish.id),
      interval: config.editIntervalMs,
      signal,
      // What somebody deleted stays deleted; `/finetune publish` makes another.
      gone: () => undefined,
      failed: (error) => log.warn({ publish: publish.id, err: error }, 'a publication could not be shown'),
    })
    const made = { writer, state: null }
    kept.set(publish.id, made)
    return made
  }

  function touch(id: number): void {
    const publish = closed ? null : findPublish(database, id)
    if (!publish || !findMessage(database, { run_id: publish.run_id, key: keyOf(id) })?.message_id) return
    const following = follow(publish)
    following.writer.push(cardOf(publish), { urgent: following.state !== publish.state })
    following.state = publish.state
    if (publish.state === 'published' || publish.state === 'discarded') {
      void following.writer.flush().then(() => kept.delete(id))
    }
  }

  function cardOf(publish: Publish): Card {
    const run = getRun(database, publish.run_id)
    const evalResults = resultsOf(run, readView(database, run.id)) !== null
    return publishCard({
      run,
      publish,
      approvals: listApprovals(database, publish.id),
      progress: uploadProgress(context, publish.id),
      evalResults,
    })
  }

  async function say(run: Run, publish: Publish, channel_id: string): Promise<void> {
    const saying = { run_id: run.id, key: keyOf(publish.id), channel_id, card: cardOf(publish) }
    await sayOnce({ database, rest, me, signal }, saying)
  }

  return {
    touch,
    post: async (publish) => {
      const run = getRun(database, publish.run_id)
      const places = [...new Set([run.thread_id ?? run.channel_id, run.channel_id])]
      for (const place of places) {
        try {
          await say(run, publish, place)
          // Somebody was faster than the answer.
          if (getPublish(database, publish.id).state !== publish.state) touch(publish.id)
          return place
        } catch (error) {
          if (refusalOf(error) === null) throw error
          log.warn({ publish: publish.id, place, err: error }, 'a publication could not be told of')
        }
      }
      movePublish(database, { id: publish.id, from: 'draft', to: 'discarded' })
      throw new UserError(
        `I may not write where run #${run.id} is told of, in <#${run.channel_id}>.`,
        'Somebody who manages the server allows me *Send Messages* there, in threads too.',
      )
    },
    catchUp: () => {
      const since = Date.now() - DAY_MS
      for (const { id, created_at, ended_at } of listPublishes(database, { states: OPEN, limit: 50 })) {
        if (Date.parse(ended_at ?? created_at) > since) touch(id)
      }
    },
    close: async (patience) => {
      const done = new AbortController()
      const late = sleep(patience, undefined, { signal: done.signal, ref: false }).catch(() => undefined)
      await Promise.race([Promise.all([...kept.values()].map(({ writer }) => writer.flush())), late])
      done.abort()
      closed = true
    },
  }
}

function keyOf(id: number): string {
  return `publish:${id}`
}
