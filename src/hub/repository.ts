import { UserError } from '../user-error.ts'

export type RepositoryType = 'model' | 'dataset'

/** A file of a repository at one commit, as its tree lists it. */
export interface RemoteFile {
  path: string
  /** Bytes */
  size: number
  /** Git's SHA-1 of the file, or of its LFS pointer. */
  oid: string
  /** Of the content, when it is in LFS; null for small files. */
  sha256: string | null
}

/** What the cache calls the content: SHA-256 of large files, Git's SHA-1 of small ones. */
export function etagOf({ sha256, oid }: RemoteFile): string {
  return sha256 ?? oid
}

/** Whether this is a name that a repository can have. Nothing else is put into a path or an address. */
export function isRepositoryName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,95}(?:\/[\w.-]{1,96})?$/.test(name) && !/\.\.|--|\.git$|\/\.+$/.test(name)
}

/** Throws UserError when the name cannot be one. */
export function checkRepositoryName(name: string, type: RepositoryType): void {
  if (isRepositoryName(name)) return
  throw new UserError(
    `\`${name.slice(0, 100)}\` cannot be a ${type} of the Hub; expected \`namespace/name\`, of letters, digits, \`-\`, \`_\` and \`.\`.`,
    'Copy the name from the top of its page.',
  )
}

/** Whether a path of a tree stays inside of the folder that it is put into. */
export function isInnerPath(path: string): boolean {
  return (
    path !== '' && !/[\\\0]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** The address of a repository's API, as a path of the Hub. */
export function apiPath(type: RepositoryType, name: string): string {
  return `/api/${type}s/${name}`
}

/** The address of a file. */
export function filePath({
  type,
  name,
  revision,
  path,
}: {
  type: RepositoryType
  name: string
  revision: string
  path: string
}): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return `/${type === 'dataset' ? 'datasets/' : ''}${name}/resolve/${encodeURIComponent(revision)}/${encoded}`
}
