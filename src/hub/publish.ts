import { commitIter, type CommitOutput, type CommitProgressEvent, createRepo } from '@huggingface/hub'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { UserError } from '../user-error.ts'
import { type Access, HUB_URL } from './endpoint.ts'
import { HubError } from './failure.ts'
import { digestOf, type Digest, type PublishSource } from './publish-digest.ts'
import { publishFetch } from './publish-fetch.ts'
import { apiPath, checkRepositoryName, isInnerPath, type RemoteFile } from './repository.ts'
import { hubJson } from './request.ts'
import { pause, type Patience, PATIENT, waitBefore } from './retry.ts'
import { listTree } from './tree.ts'
import { missingScope, whoAmI } from './whoami.ts'

export interface PublishFile {
  /** In the repository, with `/`. */
  path: string
  content: PublishSource
}

export interface Published {
  is: 'created' | 'updated' | 'unchanged'
  /** The repository's page. */
  url: string
  commit: string
  /** What was sent; empty when it was all there. */
  changed: string[]
  private: boolean
}

export interface PublishProgress {
  phase: 'comparing' | 'uploading' | 'committing'
  /** Of the files that differ. */
  bytes: { done: number; of: number }
}

const Info = z.object({ id: z.string(), sha: z.string(), private: z.boolean().optional() })
/** A file of this size or less is searched for the token before it is sent. */
const SEARCHED = 4 * 1024 * 1024

/**
 * Creates or updates a model's repository with these files in one commit. What is the same there already is not sent,
 * and if nothing differs nothing is committed. Other files of the repository are left alone. A new one is private
 * unless asked otherwise; an old one stays what it is. Throws HubError, and UserError when the token may not do this.
 */
export async function publish({
  repository,
  files,
  title,
  description = '',
  private: isPrivate = true,
  progress = () => undefined,
  patience = PATIENT,
  ...access
}: Access & {
  /** `namespace/name` */
  repository: string
  files: readonly PublishFile[]
  /** Of the commit. */
  title: string
  description?: string
  private?: boolean
  progress?: (progress: PublishProgress) => void
  patience?: Patience
}): Promise<Published> {
  checkRepositoryName(repository, 'model')
  const [namespace, short] = repository.split('/')
  if (namespace === undefined || short === undefined) {
    throw new UserError(`\`${repository}\` has no namespace.`, 'Write it as `account/name`, or `organization/name`.')
  }
  const outside = files.find(({ path }) => !isInnerPath(path))
  if (outside) throw new UserError(`\`${outside.path}\` cannot be a path in a repository.`)
  const { hubUrl = HUB_URL, token = null } = access
  const who = await whoAmI(access)
  const missing = missingScope({ who, need: 'publish', namespace, hubUrl })
  if (missing !== null || token === null) throw new UserError(`Nothing was published. ${missing ?? ''}`.trim())

  progress({ phase: 'comparing', bytes: { done: 0, of: 0 } })
  const digests = new Map<string, Digest>()
  for (const { path, content } of files) {
    access.signal?.throwIfAborted()
    digests.set(path, await digestOf({ content, forbidden: token.reveal(), searched: SEARCHED, path }))
  }

  let created = false
  for (let tried = 1; ; tried++) {
    try {
      const before = await findRepository({ repository, access })
      if (!before) {
        await create({ repository, isPrivate, access })
        created = true
      }
      const head = before ?? (await findRepository({ repository, access }))
      if (!head)
        throw new HubError(
          { is: 'missing', subject: { type: 'model', name: repository }, signedIn: true },
          { hubUrl, token },
        )
      const tree = await listTree({ ...access, type: 'model', name: head.id, revision: head.sha, recursive: true })
      const changed = files.filter(
        ({ path }) =>
          !isSame(
            digests.get(path),
            tree.find((file) => file.path === path),
          ),
      )
      const result = {
        url: `${hubUrl}/${head.id}`,
        private: head.private ?? false,
        changed: changed.map(({ path }) => path),
      }
      if (changed.length === 0) return { ...result, is: created ? 'created' : 'unchanged', commit: head.sha }
      const commit = await send({
        repository: head.id,
        parent: head.sha,
        changed,
        digests,
        title,
        description,
        progress,
        access,
      })
      return { ...result, is: created ? 'created' : 'updated', commit }
    } catch (error) {
      access.signal?.throwIfAborted()
      if (!(error instanceof HubError)) throw error
      // What somebody else has committed meanwhile is looked at once more: the comparison starts anew.
      const wait =
        error.failure.is === 'conflict' && tried === 1 ? 0 : waitBefore({ failure: error.failure, tried, patience })
      if (wait === null) throw error
      await pause(wait, access.signal)
    }
  }
}

async function findRepository({
  repository,
  access,
}: {
  repository: string
  access: Access
}): Promise<z.infer<typeof Info> | null> {
  try {
    const { value } = await hubJson({
      ...access,
      url: `${apiPath('model', repository)}/revision/main?expand=sha&expand=private`,
      subject: { type: 'model', name: repository },
      schema: Info,
    })
    return value
  } catch (error) {
    if (error instanceof HubError && error.failure.is === 'missing') return null
    throw error
  }
}

async function create({
  repository,
  isPrivate,
  access,
}: {
  repository: string
  isPrivate: boolean
  access: Access
}): Promise<void> {
  try {
    await createRepo({
      repo: { type: 'model', name: repository },
      visibility: isPrivate ? 'private' : 'public',
      hubUrl: access.hubUrl ?? HUB_URL,
      accessToken: access.token?.reveal() ?? '',
      fetch: publishFetch({ access, subject: { type: 'model', name: repository } }),
    })
  } catch (error) {
    // It was created between our question and this: just what was wanted.
    if (!(error instanceof HubError) || error.failure.is !== 'conflict') throw error
  }
}

function isSame(digest: Digest | undefined, remote: RemoteFile | undefined): boolean {
  if (!digest || !remote) return false
  return remote.sha256 === null ? remote.oid === digest.gitOid : remote.sha256 === digest.sha256
}

async function send({
  repository,
  parent,
  changed,
  digests,
  title,
  description,
  progress,
  access,
}: {
  repository: string
  parent: string
  changed: readonly PublishFile[]
  digests: ReadonlyMap<string, Digest>
  title: string
  description: string
  progress: (progress: PublishProgress) => void
  access: Access
}): Promise<string> {
  const sizeOf = (path: string) => digests.get(path)?.size ?? 0
  const total = changed.reduce((sum, { path }) => sum + sizeOf(path), 0)
  const shares = new Map<string, number>()
  const done = () => [...shares].reduce((sum, [path, share]) => sum + sizeOf(path) * share, 0)
  const steps = commitIter({
    repo: { type: 'model', name: repository },
    title,
    description,
    parentCommit: parent,
    operations: changed.map(({ path, content }) => ({
      operation: 'addOrUpdate',
      path,
      content: typeof content === 'string' ? new Blob([content]) : pathToFileURL(content.file),
    })),
    hubUrl: access.hubUrl ?? HUB_URL,
    accessToken: access.token?.reveal() ?? '',
    // Plain LFS: it resumes by file, and its progress can be seen.
    useXet: false,
    fetch: publishFetch({ access, subject: { type: 'model', name: repository } }),
    ...(access.signal ? { abortSignal: access.signal } : {}),
  })
  let step: IteratorResult<CommitProgressEvent, CommitOutput | undefined>
  for (step = await steps.next(); !step.done; step = await steps.next()) {
    const event = step.value
    if (event.event === 'phase') {
      progress({
        phase: event.phase === 'committing' ? 'committing' : 'uploading',
        bytes: { done: event.phase === 'committing' ? total : done(), of: total },
      })
    } else if (event.state === 'uploading') {
      shares.set(event.path, event.progress)
      progress({ phase: 'uploading', bytes: { done: Math.round(done()), of: total } })
    }
  }
  progress({ phase: 'committing', bytes: { done: total, of: total } })
  return step.value?.commit.oid ?? parent
}
