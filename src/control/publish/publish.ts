import type { Database } from '../../../storage/database.ts'
import {
  approve,
  createPublish,
  findPublish,
  getPublish,
  listApprovals,
  listPublishes,
  movePublish,
  type Publish,
} from '../../../storage/publishes.ts'
import { noteChange } from '../../../storage/changes.ts'
import type { Run } from '../../../storage/runs.ts'
import { readSettings } from '../../../storage/settings.ts'
import { checkRepositoryName } from '../../hub/repository.ts'
import { missingScope, whoAmI, type WhoAmI, writableNamespaces } from '../../hub/whoami.ts'
import { UserError } from '../../user-error.ts'
import type { Context } from '../context.ts'
import { hubOf } from '../hub/hub.ts'
import { listModelFiles } from './files.ts'
import { announcePublish, isUploadingHere, upload } from './upload.ts'

/**
 * Makes a draft of a publication: where it would go, as whom, and what. What is left out is taken from the last time that
 * this run was published, then from the server's settings. Throws UserError when the run has no model, there is no
 * token, or the Hub cannot be asked.
 */
export async function draftPublish(
  context: Context,
  {
    run,
    repository = null,
    private: isPrivate = null,
    actor,
  }: { run: Run; repository?: string | null; private?: boolean | null; actor: string },
): Promise<Publish> {
  const files = await listModelFiles(run)
  const before = lastPublished(context, run.id)
  const settings = readSettings(context.database, run.guild_id)
  const target = await targetOf(context, run, repository ?? before?.repository ?? null)
  return createPublish(context.database, {
    run_id: run.id,
    ...target,
    private: isPrivate ?? before?.private ?? settings.publish_private,
    files,
    approvals_needed: settings.publish_approvals,
    requested_by: actor,
  })
}

/** Changes a draft, and asks again what the token may. False when it is no draft any more. */
export async function changePublish(
  context: Context,
  { run, id, repository, private: isPrivate }: { run: Run; id: number; repository: string; private: boolean },
): Promise<boolean> {
  const target = await targetOf(context, run, repository)
  const changed = movePublish(context.database, {
    id,
    from: 'draft',
    to: 'draft',
    set: { ...target, private: isPrivate },
  })
  announcePublish(context, id)
  return changed
}

export type Asked = 'uploading' | 'asked' | 'already'

/**
 * Confirms a draft, or tries again what failed: it is uploaded at once when enough people have approved, else it waits for
 * them. Whoever confirms a second time starts nothing. Throws UserError when another upload of the run is at work.
 */
export function askToPublish(context: Context, { run, id, actor }: { run: Run; id: number; actor: string }): Asked {
  const { database } = context
  const { state, repository, requested_by } = getPublish(database, id)
  if (state === 'uploading' || state === 'published' || state === 'discarded') return 'already'
  const needed = readSettings(database, run.guild_id).publish_approvals
  const enough = listApprovals(database, id).length >= needed
  if (enough) checkFree(database, run)
  else if (state === 'asked') return 'already'
  const set = {
    approvals_needed: needed,
    // Who tries again has not asked anew: the approvals were given to the one who had.
    requested_by: state === 'draft' ? actor : requested_by,
    error: null,
    remedy: null,
  }
  if (!movePublish(database, { id, from: state, to: 'asked', set })) return 'already'
  noteChange(database, { id: run.id, actor, reason: `${enough ? 'publishes' : 'asked to publish'} to ${repository}` })
  announcePublish(context, id)
  return enough && start(context, { run, id }) ? 'uploading' : 'asked'
}

export type Approved = { is: 'uploading' } | { is: 'waits'; for: number } | { is: 'twice' } | { is: 'not asked' }

/** Adds an approval; the last one that is needed starts the upload. Throws UserError for whoever asked. */
export function approvePublish(
  context: Context,
  { run, id, actor }: { run: Run; id: number; actor: string },
): Approved {
  const { database } = context
  const { state, requested_by, approvals_needed, repository } = getPublish(database, id)
  if (state !== 'asked') return { is: 'not asked' }
  if (requested_by === actor) {
    throw new UserError('You asked for this, so somebody else approves it.', 'Any other member who may publish can.')
  }
  if (!approve(database, { publish_id: id, person: actor })) return { is: 'twice' }
  noteChange(database, { id: run.id, actor, reason: `approved publishing to ${repository}` })
  const missing = approvals_needed - listApprovals(database, id).length
  announcePublish(context, id)
  if (missing > 0) return { is: 'waits', for: missing }
  return start(context, { run, id }) ? { is: 'uploading' } : { is: 'not asked' }
}

/** Throws a draft away, or takes back what was asked: that is a draft again, without its approvals. False when too late. */
export function withdrawPublish(
  context: Context,
  { run, id, actor }: { run: Run; id: number; actor: string },
): boolean {
  const { state, repository } = getPublish(context.database, id)
  const withdrawn =
    state === 'asked'
      ? movePublish(context.database, { id, from: 'asked', to: 'draft' })
      : movePublish(context.database, { id, from: ['draft', 'failed', 'interrupted'], to: 'discarded' })
  if (withdrawn && state === 'asked') {
    noteChange(context.database, { id: run.id, actor, reason: `took back publishing to ${repository}` })
  }
  announcePublish(context, id)
  return withdrawn
}

/** The publication of that number that belongs to this run. Throws UserError when there is none. */
export function askedPublish(context: Context, { run, id }: { run: Run; id: number }): Publish {
  const publish = findPublish(context.database, id)
  if (publish?.run_id === run.id) return publish
  throw new UserError('That is not in the record any more.', '`/finetune publish` starts anew.')
}

/** The last time that a run went to the Hub, or null. */
export function lastPublished(context: Context, run_id: number): Publish | null {
  return listPublishes(context.database, { run_id, states: ['published'], limit: 1 })[0] ?? null
}

/** After a start: an upload that no process works on any more was interrupted. */
export function takeUpPublishes(context: Context): void {
  for (const { id } of listPublishes(context.database, { states: ['uploading'] })) {
    if (isUploadingHere(context, id)) continue
    movePublish(context.database, { id, from: 'uploading', to: 'interrupted', set: { error: null, remedy: null } })
    announcePublish(context, id)
  }
}

function start(context: Context, { run, id }: { run: Run; id: number }): boolean {
  checkFree(context.database, run)
  if (!movePublish(context.database, { id, from: 'asked', to: 'uploading' })) return false
  void upload(context, id)
  announcePublish(context, id)
  return true
}

function checkFree(database: Database, run: Run): void {
  const [other] = listPublishes(database, { run_id: run.id, states: ['uploading'], limit: 1 })
  if (!other) return
  throw new UserError(
    `Run #${run.id} is being uploaded to \`${other.repository}\` right now.`,
    'Wait until that has ended, then press it again.',
  )
}

/** Where it would go, as whom, and what stands against it. */
async function targetOf(
  context: Context,
  run: Run,
  wanted: string | null,
): Promise<Pick<Publish, 'repository' | 'account' | 'problem'>> {
  const { hubUrl, token, offline } = hubOf(context, run.guild_id)
  const who = await whoAmI({ hubUrl, token, offline, signal: context.signal })
  if (who === null) {
    throw new UserError(
      'There is no Hub token, so nothing can be published.',
      'Somebody who manages the server sets one with `/finetune settings`, or whoever runs the bot sets HF_TOKEN.',
    )
  }
  const repository = wanted === null ? `${namespaceOf(who)}/${nameOf(run)}` : qualified(wanted.trim(), who)
  checkRepositoryName(repository, 'model')
  const namespace = repository.split('/')[0] ?? ''
  return { repository, account: who.name, problem: missingScope({ who, need: 'publish', namespace, hubUrl }) }
}

function namespaceOf(who: WhoAmI): string {
  return writableNamespaces(who)[0] ?? who.name
}

function qualified(name: string, who: WhoAmI): string {
  return name.includes('/') ? name : `${namespaceOf(who)}/${name}`
}

/** `encoder-emails-42`, of what the Hub takes in a name. */
function nameOf({ id, spec }: Run): string {
  const short = (name: string) =>
    (name.split('/').at(-1) ?? name)
      .replace(/\.(csv|tsv|jsonl?|parquet)$/i, '')
      .replace(/[^A-Za-z0-9._]+/g, '-')
      .replace(/\.{2,}|-{2,}/g, '-')
      .replace(/^[-._]+|[-._]+$/g, '')
      .slice(0, 40)
  return [short(spec.model), short(spec.dataset), String(id)].filter((part) => part !== '').join('-')
}
