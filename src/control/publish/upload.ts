import { getPublish, listApprovals, listPublishes, movePublish, type Publish } from '../../../storage/publishes.ts'
import { readView } from '../../../storage/events.ts'
import { noteChange } from '../../../storage/changes.ts'
import { getRun } from '../../../storage/runs.ts'
import { redact } from '../../diagnosis/redact.ts'
import type { Published, PublishFile, PublishProgress } from '../../hub/publish.ts'
import type { Token } from '../../hub/token.ts'
import { UserError } from '../../user-error.ts'
import type { Context } from '../context.ts'
import { hubOf } from '../hub/hub.ts'
import { filesToPublish } from './files.ts'
import { startSide } from '../side/process.ts'
import { once } from '../tasks.ts'

/** What the side process is asked. The token goes to it by this message only: not by its command line or environment. */
export interface ToPublish {
  hubUrl: string
  token: { value: string; source: string; keeper: Token['keeper'] }
  repository: string
  files: PublishFile[]
  title: string
  private: boolean
}

/** As long as nothing is heard of an upload before it counts as stuck. A Hub that asks to wait may ask for a minute. */
const SILENCE_MS = 5 * 60_000

interface AtWork {
  progress: PublishProgress
  /** Aborts with the person who does not want it any more. */
  stop: AbortController
}

const atWork = new WeakMap<Context, Map<number, AtWork>>()

/** How far an upload of this process is; null when none of that number is at work here. */
export function uploadProgress(context: Context, id: number): PublishProgress | null {
  return atWork.get(context)?.get(id)?.progress ?? null
}

/** Whether this process works on it. */
export function isUploadingHere(context: Context, id: number): boolean {
  return atWork.get(context)?.has(id) === true
}

/** Ends an upload of this process; what was sent by then is not sent again by the next try. False when there is none. */
export function stopUpload(context: Context, { id, actor }: { id: number; actor: string }): boolean {
  const upload = atWork.get(context)?.get(id)
  upload?.stop.abort(actor)
  return upload !== undefined
}

/** Says that a publication's record or progress has changed. A listener that throws is logged. */
export function announcePublish(context: Context, id: number): void {
  try {
    context.changes.emit('publish', id)
  } catch (error) {
    context.log.error({ err: error, publish: id }, 'a listener failed')
  }
}

/**
 * Sends a publication that was moved to `uploading`, in a process of its own, and writes down how it ended. Resolves
 * when it has; never rejects.
 */
export function upload(context: Context, id: number): Promise<void> {
  const here = atWork.get(context) ?? new Map<number, AtWork>()
  atWork.set(context, here)
  const mine: AtWork = { progress: { phase: 'comparing', bytes: { done: 0, of: 0 } }, stop: new AbortController() }
  here.set(id, mine)
  return once(context, `publish ${id}`, async () => {
    const { signal } = mine.stop
    try {
      const hear = (progress: PublishProgress) => {
        mine.progress = progress
        announcePublish(context, id)
      }
      succeed(context, id, await send(context, getPublish(context.database, id), { hear, signal }))
    } catch (error) {
      if (signal.aborted) interrupt(context, id, String(signal.reason))
      // The side process ends with this one: what it was about to say is not why.
      else if (context.signal.aborted) interrupt(context, id, null)
      else fail(context, id, error)
    } finally {
      here.delete(id)
      announcePublish(context, id)
    }
  })
}

async function send(
  context: Context,
  publish: Publish,
  { hear, signal }: { hear: (progress: PublishProgress) => void; signal: AbortSignal },
): Promise<Published> {
  const run = getRun(context.database, publish.run_id)
  const { hubUrl, token, offline } = hubOf(context, run.guild_id)
  if (offline) throw new UserError('HF_HUB_OFFLINE is set, so nothing is sent.', 'Whoever runs the bot unsets it.')
  if (token === null) {
    throw new UserError(
      'There is no Hub token any more.',
      'Somebody who manages the server sets one in `/finetune settings`.',
    )
  }
  const approvals = approvalsToTell(context, publish)
  const view = readView(context.database, run.id)
  const { repository } = publish
  const question: ToPublish = {
    hubUrl,
    token: { value: token.reveal(), source: token.source, keeper: token.keeper },
    repository,
    files: await filesToPublish({ run, view, repository, approvals }),
    title: `Run #${run.id}: ${run.spec.model} on ${run.spec.dataset}`,
    private: publish.private,
  }
  const side = await startSide<ToPublish, Published>(context, {
    program: new URL('./upload-process.ts', import.meta.url),
    args: [],
    answerMs: SILENCE_MS,
  })
  signal.addEventListener('abort', side.close)
  try {
    signal.throwIfAborted()
    return await side.ask(question, (progress) => hear(progress as PublishProgress))
  } finally {
    side.close()
  }
}

/** What the card says, once it was published somewhere, it goes on saying: the same run again changes nothing. */
function approvalsToTell({ database }: Context, { id, run_id, repository }: Publish): number {
  const before = listPublishes(database, { run_id, states: ['published'] }).filter(
    (each) => each.repository === repository,
  )
  return Math.max(...[id, ...before.map((each) => each.id)].map((each) => listApprovals(database, each).length))
}

function succeed(context: Context, id: number, { is, url, commit, private: isPrivate }: Published): void {
  const set = { outcome: is, url, commit_id: commit, private: isPrivate, error: null, remedy: null }
  if (!movePublish(context.database, { id, from: 'uploading', to: 'published', set })) return
  const { run_id, repository, requested_by } = getPublish(context.database, id)
  const reason =
    is === 'unchanged'
      ? `published to ${repository}: it was all there`
      : `published to ${repository}, commit ${commit.slice(0, 7)}`
  noteChange(context.database, { id: run_id, actor: requested_by, reason })
}

/** `actor` is the person who stopped it; null when the process was asked to go. */
function interrupt({ database }: Context, id: number, actor: string | null): void {
  const set = { error: actor === null ? null : 'It was stopped before everything was there.', remedy: null }
  if (!movePublish(database, { id, from: 'uploading', to: 'interrupted', set }) || actor === null) return
  const { run_id, repository } = getPublish(database, id)
  noteChange(database, { id: run_id, actor, reason: `stopped publishing to ${repository}` })
}

function fail(context: Context, id: number, error: unknown): void {
  const forPeople = error instanceof UserError
  if (!forPeople) context.log.error({ err: error, publish: id }, 'an upload failed')
  const set = forPeople
    ? { error: redact(error.message), remedy: error.remedy === null ? null : redact(error.remedy) }
    : {
        error: 'The upload broke off for a reason that is not known here.',
        remedy: `The log has it, under publish ${id}.`,
      }
  movePublish(context.database, { id, from: 'uploading', to: 'failed', set })
}
