import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCached, repositoryFolder, writeRef } from '../../src/hub/cache.ts'
import { isInnerPath, isRepositoryName } from '../../src/hub/repository.ts'
import { listTree } from '../../src/hub/tree.ts'
import { CANARY_TOKEN, temporaryFolder } from './room.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

test('what can be the name of a repository', () => {
  for (const name of ['imdb', 'team/model', 'A1/b_c.d-e', 'x/_y']) expect(isRepositoryName(name), name).toBe(true)
  for (const name of [
    '',
    '.',
    '..',
    'a/..',
    '../a',
    'a/b/c',
    'a..b',
    'a/b..c',
    'a--b',
    'a/b.git',
    'a/.',
    '/a',
    'a b',
  ]) {
    expect(isRepositoryName(name), name).toBe(false)
  }
})

test('what stays inside of a folder', () => {
  for (const path of ['a', 'a/b.json', '.hidden', 'a/..b', '...']) expect(isInnerPath(path), path).toBe(true)
  for (const path of ['', '/a', 'a/', 'a//b', '.', 'a/./b', '..', '../a', 'a/..', 'a/../../b', 'a\\..\\b', 'a\0b']) {
    expect(isInnerPath(path), path).toBe(false)
  }
})

// A Hub that is not one: it names files that would lie elsewhere, and pages that are elsewhere.
describe('a tree of a Hub that means no good', () => {
  let server: Server
  let elsewhere: Server
  let hubUrl: string
  const asked: string[] = []
  const askedElsewhere: string[] = []
  const listen = async (server: Server) => {
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const entry = (path: string, more: object = {}) => ({ type: 'file', path, size: 1, oid: COMMIT, ...more })
  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      askedElsewhere.push(request.headers.authorization ?? 'nobody')
      response.end('[]')
    })
    const other = await listen(elsewhere)
    server = createServer((request, response) => {
      const page = new URL(request.url ?? '', hubUrl).searchParams.get('page')
      asked.push(page ?? 'first')
      const next = page === null ? `${hubUrl}/api/models/a/b/tree/main?page=2` : `${other}/api/models/a/b/tree/main`
      response.setHeader('link', `<${next}>; rel="next"`)
      const files = ['config.json', '../../outside', '/etc/passwd', 'a/../../b', 'a\\b'].map((path) => entry(path))
      const odd = [entry('short', { oid: '../..' }), entry('large', { lfs: { oid: '../../x', size: 1 } })]
      const folder = entry('folder', { type: 'directory' })
      response.end(JSON.stringify(page === null ? [...files, ...odd, folder] : [entry('z/last')]))
    })
    hubUrl = await listen(server)
  })
  afterAll(() => {
    server.close()
    elsewhere.close()
  })

  test('has the files alone that stay inside, and pages of the same address', async () => {
    const files = await listTree({ hubUrl, token: CANARY_TOKEN, type: 'model', name: 'a/b', revision: 'main' })
    expect(files.map(({ path }) => path)).toEqual(['config.json', 'z/last'])
    expect(asked).toEqual(['first', '2'])
    expect(askedElsewhere).toEqual([])
  })
})

test('a branch whose name leads out of the cache is neither written down nor looked up', async () => {
  const cacheFolder = await temporaryFolder()
  const asked = { cacheFolder, type: 'model', name: 'a/b' } as const
  const root = repositoryFolder(asked)
  const snapshot = join(root, 'snapshots', COMMIT)
  await mkdir(snapshot, { recursive: true })
  await writeFile(join(snapshot, 'config.json'), '{}')
  await mkdir(join(root, 'refs'))
  await writeFile(join(cacheFolder, 'stolen'), COMMIT)

  await writeRef({ folder: root, ref: '../../written', commit: COMMIT })
  expect(await readdir(cacheFolder)).toEqual(['models--a--b', 'stolen'])
  expect(await findCached({ ...asked, revision: '../../stolen' })).toBeNull()
  await writeRef({ folder: root, ref: 'main', commit: COMMIT })
  expect(await findCached(asked)).toMatchObject({ commit: COMMIT, paths: ['config.json'] })
  // Python writes no ref for a commit.
  await writeRef({ folder: root, ref: COMMIT, commit: COMMIT })
  expect(await readdir(join(root, 'refs'))).toEqual(['main'])
})
