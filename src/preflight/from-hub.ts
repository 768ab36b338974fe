import type { RemoteFile, RepositoryType } from '../hub/repository.ts'
import type { AskHub } from './check.ts'

/** `at 12ab34c`, as the Hub shortens commits. */
export function atCommit(commit: string): string {
  return `at \`${commit.slice(0, 7)}\``
}

/** `268 MB to download`, `all of it in the cache`, or what is left of it. */
export async function downloadOf({
  hub,
  ...of
}: {
  hub: AskHub
  type: RepositoryType
  name: string
  files: readonly RemoteFile[]
}): Promise<string> {
  const all = of.files.reduce((sum, { size }) => sum + size, 0)
  const here = await hub.cached(of)
  if (here === all) return `${megabytes(all)}, all in the cache`
  return here === 0 ? `${megabytes(all)} to download` : `${megabytes(all - here)} of ${megabytes(all)} to download`
}

function megabytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}
