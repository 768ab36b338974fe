import { mayDownload, maySee } from './account.ts'
import { type Exchange, Refusal } from './exchange.ts'
import { type Commit, findCommit, type Repository, type RepositoryType } from './repository.ts'

/**
 * The repository that a name means, for whoever asks. An old name is redirected; a private one of somebody else is not
 * there at all, and without a token the answer to both is 401, all as on the public Hub.
 */
export function findRepository(exchange: Exchange, type: RepositoryType, name: string): Repository {
  const { hub, account, request } = exchange
  const found = hub.repositories.find((each) => each.type === type && each.name === name)
  if (found && maySee(account, found)) {
    if (found.disabled) throw new Refusal(403, 'Access to this resource is disabled.')
    return found
  }
  const renamed = hub.repositories.find((each) => each.type === type && each.renamedFrom?.includes(name))
  if (renamed && maySee(account, renamed)) {
    const location = (request.url ?? '').replace(name, renamed.name)
    throw new Refusal(307, `Moved to ${renamed.name}`, null, { location })
  }
  if (account === null) throw new Refusal(401, 'Invalid username or password.', 'RepoNotFound')
  throw new Refusal(404, 'Repository not found', 'RepoNotFound')
}

export async function findRevision(repository: Repository, revision: string): Promise<Commit> {
  const commit = await findCommit(repository, revision)
  if (!commit) throw new Refusal(404, `Invalid rev id: ${revision}`, 'RevisionNotFound')
  return commit
}

/** Lets pass who may have the files. */
export function checkDownload({ account, hub }: Exchange, repository: Repository): void {
  const answer = mayDownload(account, repository)
  if (answer === 'yes') return
  const page = `${hub.url()}/${repository.type === 'dataset' ? 'datasets/' : ''}${repository.name}`
  if (answer === 'waiting') {
    throw new Refusal(
      403,
      `Your request to access ${repository.type} ${repository.name} is awaiting a review from the repo authors.`,
      'GatedRepo',
    )
  }
  if (account === null) {
    throw new Refusal(
      401,
      `Access to ${repository.type} ${repository.name} is restricted. You must have access to it and be authenticated to access it. Please log in.`,
      'GatedRepo',
    )
  }
  throw new Refusal(
    403,
    `Access to ${repository.type} ${repository.name} is restricted and you are not in the authorized list. Visit ${page} to ask for access.`,
    'GatedRepo',
  )
}
