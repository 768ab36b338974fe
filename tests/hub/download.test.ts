import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  statfs,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findCached, repositoryFolder } from '../../src/hub/cache.ts'
import { type DownloadProgress, downloadSnapshot } from '../../src/hub/download.ts'
import { listTree } from '../../src/hub/tree.ts'
import { CANARY_TOKEN, hubRoom, HASTY, temporaryFolder } from './room.ts'

const LARGE = randomBytes(48 * 1024 * 1024)
const SMALL = randomBytes(300_000)
const { hub } = await hubRoom({
  more: [
    {
      type: 'model',
      name: 'big/model',
      files: () => Promise.resolve({ 'model.safetensors': LARGE, 'config.json': '{}' }),
    },
    {
      type: 'model',
      name: 'small/model',
      renamedFrom: ['small'],
      files: () => Promise.resolve({ 'model.safetensors': SMALL, 'a/config.json': '{}' }),
    },
  ],
})
const STORAGE = /GET \/cdn\//

async function plan(name: string) {
  const { sha } = (await (await fetch(`${hub.url}/api/models/${name}?expand=sha`)).json()) as { sha: string }
  const files = await listTree({ hubUrl: hub.url, type: 'model', name, revision: sha, recursive: true })
  const cacheFolder = await temporaryFolder()
  return {
    hubUrl: hub.url,
    type: 'model',
    name,
    commit: sha,
    ref: 'main',
    files,
    cacheFolder,
    patience: HASTY,
  } as const
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('the folder is the one that Python makes', async () => {
  const options = await plan('small/model')
  const { folder, fetched } = await downloadSnapshot(options)
  const root = repositoryFolder(options)
  const oid = createHash('sha1').update('blob 2\0{}').digest('hex')
  expect(folder).toBe(join(root, 'snapshots', options.commit))
  expect(await readlink(join(folder, 'model.safetensors'))).toBe(`../../blobs/${sha256(SMALL)}`)
  expect(await readlink(join(folder, 'a/config.json'))).toBe(`../../../blobs/${oid}`)
  expect(await readFile(join(root, 'refs/main'), 'utf8')).toBe(options.commit)
  expect((await readdir(join(root, 'blobs'))).sort()).toEqual([oid, sha256(SMALL)].sort())
  expect(fetched).toBe(SMALL.length + 2)
  expect(await findCached(options)).toMatchObject({
    commit: options.commit,
    paths: ['a/config.json', 'model.safetensors'],
  })

  const again = await downloadSnapshot(options)
  expect(again.fetched).toBe(0)
})

test('a large file that comes slowly gets more connections, with progress that only rises', async () => {
  const options = await plan('big/model')
  const end = hub.addFault({ on: STORAGE, fault: { is: 'slow', bytesPerSecond: 8_000_000 } })
  const seen: DownloadProgress[] = []
  const before = hub.seen.length
  const { folder } = await downloadSnapshot({
    ...options,
    progress: (progress) => seen.push(progress),
    now: () => 1e9 * seen.length,
  })
  expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(LARGE))
  const done = seen.map(({ bytes }) => bytes.done)
  expect(done).toEqual(done.toSorted((a, b) => a - b))
  expect(seen.at(-1)).toEqual({
    bytes: { done: LARGE.length + 2, of: LARGE.length + 2 },
    files: { done: 2, of: 2 },
    waiting: null,
  })
  end()
  const storage = hub.seen.slice(before).filter((request) => request.storage)
  expect(storage.map(({ range }) => range)).toContain(null)
  expect(storage.some(({ range }) => range !== null)).toBe(true)
})

test('no token ever comes to the storage', async () => {
  const before = hub.seen.length
  await downloadSnapshot({ ...(await plan('small/model')), token: CANARY_TOKEN })
  const seen = hub.seen.slice(before)
  expect(seen.filter(({ storage }) => storage)).toHaveLength(1)
  expect(seen.filter(({ storage, signed }) => storage && signed)).toEqual([])
  expect(seen.filter(({ path, signed }) => path.includes('/resolve/') && signed)).toHaveLength(2)
})

test('a connection that is cut in the middle is taken up where it ended', async () => {
  const options = await plan('small/model')
  const end = hub.addFault({ on: STORAGE, times: 3, fault: { is: 'cut', after: 50_000 } })
  const before = hub.seen.length
  const { folder } = await downloadSnapshot(options)
  end()
  expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(SMALL))
  const ranges = hub.seen.slice(before).flatMap(({ storage, range }) => (storage ? [range] : []))
  expect(ranges).toHaveLength(4)
  expect(ranges[0]).toBeNull()
  const starts = ranges.slice(1).map((range) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1]))
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  expect(starts[2]).toBeGreaterThan(100_000)
})

test('cut more often than is tried, it goes on as long as something comes each time', async () => {
  const options = await plan('small/model')
  const times = HASTY.attempts + 2
  const end = hub.addFault({ on: STORAGE, times, fault: { is: 'cut', after: 20_000 } })
  const { folder } = await downloadSnapshot(options)
  end()
  expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(SMALL))
})

test('cut every time, it says so, and keeps what came', async () => {
  const options = await plan('small/model')
  const waits: string[] = []
  const progress = ({ waiting }: DownloadProgress) => waiting && waits.push(waiting.is)
  const end = hub.addFault({ on: STORAGE, fault: { is: 'cut', after: 0 } })
  await expect(downloadSnapshot({ ...options, progress })).rejects.toMatchObject({
    failure: { is: expect.stringMatching(/cut|unreachable/) as string },
    remedy: expect.stringMatching(/goes on where it ended|Check the network/) as string,
  })
  end()
  expect(waits.length).toBe(HASTY.attempts - 1)
  expect((await downloadSnapshot(options)).fetched).toBeGreaterThan(0)
})

test('damaged once it is fetched anew; damaged twice it is thrown away and said', async () => {
  const options = await plan('small/model')
  hub.addFault({ on: STORAGE, times: 1, fault: { is: 'damage' } })
  const done: number[] = []
  const progress = ({ bytes }: DownloadProgress) => done.push(bytes.done)
  const { folder } = await downloadSnapshot({ ...options, progress, now: () => 1e9 * done.length })
  expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(SMALL))
  // What was damaged does not count as there.
  expect(done.at(-1)).toBe(SMALL.length + 2)
  expect(Math.max(...done)).toBe(SMALL.length + 2)

  const other = await plan('small/model')
  const end = hub.addFault({ on: STORAGE, fault: { is: 'damage' } })
  const before = hub.seen.length
  await expect(downloadSnapshot(other)).rejects.toMatchObject({ failure: { is: 'corrupt', path: 'model.safetensors' } })
  expect(hub.seen.slice(before).filter(({ storage }) => storage)).toHaveLength(2)
  end()
  const left = await readdir(join(repositoryFolder(other), 'blobs'))
  expect(left.filter((name) => name.startsWith(sha256(SMALL)))).toEqual([])
})

test('a server that knows no ranges is read from the beginning', async () => {
  const options = await plan('small/model')
  hub.addFault({ on: STORAGE, times: 1, fault: { is: 'cut', after: 50_000 } })
  const deaf: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    headers.delete('range')
    return fetch(input, { ...init, headers })
  }
  const before = hub.seen.length
  const { folder } = await downloadSnapshot({ ...options, fetch: deaf })
  // Once more, and not a third time because it came damaged.
  expect(hub.seen.slice(before).filter(({ storage }) => storage)).toHaveLength(2)
  expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(SMALL))
})

test('what Python has under the old name is not fetched again', async () => {
  const options = await plan('small/model')
  const old = join(repositoryFolder({ ...options, name: 'small' }), 'blobs')
  await mkdir(old, { recursive: true })
  await writeFile(join(old, sha256(SMALL)), SMALL)
  expect(await downloadSnapshot({ ...options, otherName: 'small' })).toMatchObject({ fetched: 2 })
})

test('a disk that is too small is said before anything is fetched', async () => {
  const options = await plan('small/model')
  const files = options.files.map((file) => ({ ...file, size: 1e16 }))
  const before = hub.seen.length
  await expect(downloadSnapshot({ ...options, files })).rejects.toThrow(
    /The disk of .* is full: 20000 TB more are needed/,
  )
  expect(hub.seen.length).toBe(before)
})

test('what is in the cache needs no room on the disk', async () => {
  const options = await plan('small/model')
  const disk = await statfs(options.cacheFolder)
  const size = disk.bavail * disk.bsize + 2 ** 30
  const files = options.files.map((file) => (file.path === 'model.safetensors' ? { ...file, size } : file))
  const blobs = join(repositoryFolder(options), 'blobs')
  await mkdir(blobs, { recursive: true })
  // A hole: it takes no room either.
  const hole = join(blobs, sha256(SMALL))
  await writeFile(hole, '')
  await truncate(hole, size)
  // What is left behind is searched for secrets.
  const { fetched } = await downloadSnapshot({ ...options, files }).finally(() => truncate(hole, 0))
  expect(fetched).toBe(2)
})

test('a disk that fills up on the way is said as such', async () => {
  const options = await plan('small/model')
  const blobs = join(repositoryFolder(options), 'blobs')
  await mkdir(blobs, { recursive: true })
  await symlink('/dev/full', join(blobs, `${sha256(SMALL)}.ranges.incomplete`))
  await writeFile(join(blobs, `${sha256(SMALL)}.ranges.log`), `ranges 1 ${SMALL.length}\n`)
  await expect(downloadSnapshot(options)).rejects.toMatchObject({
    failure: { is: 'disk-full', folder: blobs },
  })
})

test('stopped by its signal, it ends at once and can go on', async () => {
  const options = await plan('small/model')
  const end = hub.addFault({ on: STORAGE, fault: { is: 'slow', bytesPerSecond: 100_000 } })
  const stop = new AbortController()
  const began = downloadSnapshot({ ...options, signal: stop.signal })
  setTimeout(() => stop.abort(new Error('enough')), 200)
  await expect(began).rejects.toThrow('enough')
  end()
  await downloadSnapshot(options)
})

test('two at once bring one copy', async () => {
  const options = await plan('small/model')
  const before = hub.seen.length
  const both = await Promise.all([downloadSnapshot(options), downloadSnapshot(options)])
  expect(both[0].folder).toBe(both[1].folder)
  expect(hub.seen.slice(before).filter(({ storage }) => storage)).toHaveLength(1)
})

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('exit', done))
}

test('kill -9 at any moment, then again: it goes on, and no file is ever half', async () => {
  const { cacheFolder, files } = await plan('big/model')
  const blob = join(repositoryFolder({ cacheFolder, type: 'model', name: 'big/model' }), 'blobs', sha256(LARGE))
  const snapshots = join(repositoryFolder({ cacheFolder, type: 'model', name: 'big/model' }), 'snapshots')
  const run = () =>
    spawn(process.execPath, [join(import.meta.dirname, 'download-once.mjs'), hub.url, cacheFolder, 'big/model'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  const end = hub.addFault({ on: STORAGE, fault: { is: 'slow', bytesPerSecond: 16_000_000 } })
  for (const killedAt of [1, 9_000_000, 18_000_000, 27_000_000]) {
    const child = run()
    let said = ''
    await new Promise<void>((reached) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (Number(said.trimEnd().split(' ').at(-1)) >= killedAt) reached()
      })
    })
    child.kill('SIGKILL')
    await ended(child)
    // Either it is not there, or it is whole.
    const found = await readFile(blob).catch(() => null)
    if (found) expect(sha256(found)).toBe(sha256(LARGE))
    for (const path of await readdir(snapshots, { recursive: true }).catch(() => [])) {
      if (path.endsWith('.safetensors')) expect((await stat(join(snapshots, path))).size).toBe(LARGE.length)
    }
  }
  end()
  const last = run()
  let said = ''
  last.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await ended(last)
  expect(sha256(await readFile(blob))).toBe(sha256(LARGE))
  const fetched = Number(/fetched (\d+)/.exec(said)?.[1])
  expect(fetched).toBeGreaterThan(0)
  expect(fetched).toBeLessThan(files.reduce((sum, { size }) => sum + size, 0) - 15_000_000)
  expect((await readdir(join(blob, '..'))).filter((name) => name.includes('ranges'))).toEqual([])
})

test.each([
  ['names more than the disk has, as after a power cut', SMALL.subarray(0, 50_000), SMALL.length],
  ['is of a file of another size', randomBytes(100_000), 999_999],
])('a log that %s is not believed', async (_, there, size) => {
  const options = await plan('small/model')
  const blobs = join(repositoryFolder(options), 'blobs')
  await mkdir(blobs, { recursive: true })
  await writeFile(join(blobs, `${sha256(SMALL)}.ranges.incomplete`), there)
  await writeFile(join(blobs, `${sha256(SMALL)}.ranges.log`), `ranges 1 ${size}\n0 100000\n`)
  const { folder, fetched } = await downloadSnapshot(options)
  expect(sha256(await readFile(join(folder, 'model.safetensors')))).toBe(sha256(SMALL))
  // Once: nothing had to be thrown away for its digest.
  expect(fetched).toBe(SMALL.length + 2)
})

test('a log that was cut, or is of another file, does no harm', async () => {
  const options = await plan('small/model')
  const blobs = join(repositoryFolder(options), 'blobs')
  const data = join(blobs, `${sha256(SMALL)}.ranges.incomplete`)
  await mkdir(blobs, { recursive: true })
  await writeFile(data, SMALL.subarray(0, 100_000))
  await writeFile(data.replace('incomplete', 'log'), `ranges 1 ${SMALL.length}\n0 100000\n100000 3000`)
  expect((await downloadSnapshot(options)).fetched).toBe(SMALL.length - 100_000 + 2)

  const other = await plan('small/model')
  const place = join(repositoryFolder(other), 'blobs')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, `${sha256(SMALL)}.ranges.incomplete`), randomBytes(SMALL.length))
  await writeFile(join(place, `${sha256(SMALL)}.ranges.log`), `ranges 1 ${SMALL.length}\n0 ${SMALL.length}\n`)
  const { folder } = await downloadSnapshot(other)
  await copyFile(join(folder, 'model.safetensors'), join(place, 'copy'))
  expect(sha256(await readFile(join(place, 'copy')))).toBe(sha256(SMALL))
})
