import { z } from 'zod'
import type { Access } from './endpoint.ts'
import { isInnerPath, apiPath, type RemoteFile, type RepositoryType } from './repository.ts'
import { hubJson } from './request.ts'

const Entries = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().optional(),
    oid: z.string().optional(),
    lfs: z.object({ oid: z.string(), size: z.number() }).nullish(),
  }),
)
/** Pages that are read; a page has 1000 entries. */
const MOST_PAGES = 20

/** The files of a repository at a revision, in the order of their paths. Throws HubError. */
export async function listTree({
  type,
  name,
  revision,
  recursive = false,
  ...access
}: Access & { type: RepositoryType; name: string; revision: string; recursive?: boolean }): Promise<RemoteFile[]> {
  const files: RemoteFile[] = []
  let url: string | null = `${apiPath(type, name)}/tree/${encodeURIComponent(revision)}?recursive=${recursive}`
  for (let page = 0; url !== null && page < MOST_PAGES; page++) {
    const { value, response }: { value: z.infer<typeof Entries>; response: Response } = await hubJson({
      ...access,
      url,
      subject: { type, name },
      schema: Entries,
    })
    for (const { type: kind, path, size, oid, lfs } of value) {
      if (kind !== 'file' || !isInnerPath(path) || !/^[0-9a-f]{40}$/.test(oid ?? '')) continue
      if (lfs && !/^[0-9a-f]{64}$/.test(lfs.oid)) continue
      files.push({ path, size: lfs?.size ?? size ?? 0, oid: oid ?? '', sha256: lfs?.oid ?? null })
    }
    url = nextOf(response)
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The next page, on the same origin only: the token goes with the request. */
function nextOf(response: Response): string | null {
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  if (next === undefined || !URL.canParse(next, response.url)) return null
  const url = new URL(next, response.url)
  return url.origin === new URL(response.url).origin ? url.pathname + url.search : null
}
