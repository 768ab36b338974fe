import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MODEL_TYPES } from '../../src/engine/models/kinds.ts'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { downloadModel, readModel } from '../../src/hub/model.ts'
import { publish, type PublishFile, type PublishProgress } from '../../src/hub/publish.ts'
import { findCommit } from '../../src/hub/local/repository.ts'
import { CANARY, CANARY_TOKEN, HASTY, hubRoom, temporaryFolder, tokenOf } from './room.ts'

const { hub, cacheFolder } = await hubRoom()
const access = { hubUrl: hub.url, token: CANARY_TOKEN, patience: HASTY }
const folder = await temporaryFolder()
await mkdir(join(folder, 'onnx'))
await writeFile(join(folder, 'onnx/model.onnx'), 'a graph')

const FILES: PublishFile[] = [
  ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map((path) => ({
    path,
    content: { file: join(ENCODER_FOLDER, path) },
  })),
  { path: 'onnx/model.onnx', content: { file: join(folder, 'onnx/model.onnx') } },
  { path: 'README.md', content: '---\nlicense: apache-2.0\nmodel-index: []\n---\n# Spam\n' },
  { path: '.eval_results/emails.yaml', content: '- dataset:\n    id: finetune/emails\n  value: 0.97\n' },
]
const commitsOf = async (name: string) =>
  (await hub
    .repositories()
    .find((each) => each.name === name)
    ?.commits('main')) ?? []

test('a run becomes a private repository that can be used at once; a second time changes nothing', async () => {
  const seen: PublishProgress[] = []
  const first = await publish({
    ...access,
    repository: 'alice/spam',
    files: FILES,
    title: 'Run 42',
    progress: (p) => seen.push(p),
  })
  expect(first).toMatchObject({ is: 'created', private: true, url: `${hub.url}/alice/spam` })
  expect(first.changed).toHaveLength(FILES.length)
  expect(seen[0]?.phase).toBe('comparing')
  expect(seen.at(-1)).toMatchObject({ phase: 'committing' })
  const shares = seen.filter(({ phase }) => phase === 'uploading').map(({ bytes }) => bytes.done)
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  expect(new Set(shares).size).toBeGreaterThan(5)

  await expect(readModel({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, name: 'alice/spam' })).rejects.toThrow(
    /or it is private/,
  )
  const model = await readModel({
    trainable: MODEL_TYPES,
    hubUrl: hub.url,
    cacheFolder,
    name: 'alice/spam',
    token: CANARY_TOKEN,
  })
  expect(model).toMatchObject({ private: true, commit: first.commit, suitability: { is: 'trainable' } })
  const { folder: copy } = await downloadModel({ hubUrl: hub.url, token: CANARY_TOKEN, cacheFolder, model })
  const weights = 'model.safetensors'
  expect((await readFile(join(copy, weights))).equals(await readFile(join(ENCODER_FOLDER, weights)))).toBe(true)

  const before = hub.seen.length
  const second = await publish({ ...access, repository: 'alice/spam', files: FILES, title: 'Run 42' })
  expect(second).toMatchObject({ is: 'unchanged', commit: first.commit, changed: [] })
  expect(hub.seen.slice(before).filter(({ method }) => method !== 'GET')).toEqual([])
  expect(await commitsOf('alice/spam')).toHaveLength(2)
})

test('only what differs is sent, and what others put there stays', async () => {
  const files = FILES.map((file) => (file.path === 'README.md' ? { ...file, content: '# Better\n' } : file))
  const result = await publish({ ...access, repository: 'alice/spam', files, title: 'Run 43' })
  expect(result).toMatchObject({ is: 'updated', changed: ['README.md'], private: true })
  const repository = hub.repositories().find(({ name }) => name === 'alice/spam')
  const head = repository ? await findCommit(repository, 'main') : null
  expect([...(head?.files.keys() ?? [])]).toContain('.gitattributes')
})

test('an interrupted upload is repeated, and makes one commit', async () => {
  hub.addFault({ on: /PUT \/upload/, times: 2, fault: { is: 'status', status: 503 } })
  hub.addFault({ on: /\/commit\/main/, times: 1, fault: { is: 'status', status: 502 } })
  const result = await publish({ ...access, repository: 'team/fresh', files: FILES, title: 'Run 44', private: false })
  expect(result).toMatchObject({ is: 'created', private: false })
  expect(await commitsOf('team/fresh')).toHaveLength(2)
})

test('a commit of somebody else in between is taken into account', async () => {
  hub.addFault({ on: /\/commit\/main/, times: 1, fault: { is: 'status', status: 412 } })
  const files = [{ path: 'README.md', content: '# Again\n' }]
  expect(await publish({ ...access, repository: 'team/fresh', files, title: 'x' })).toMatchObject({ is: 'updated' })
})

test.each([
  [null, 'alice/x', /There is no Hub token\. Whoever runs the bot makes one with write access/],
  [tokenOf('hf_readonlyreadonly'), 'alice/x', /can only read\. alice makes one with write access/],
  [tokenOf('hf_finegrainedfine'), 'alice/x', /lacks write access to `alice`\. alice adds “write access/],
  [CANARY_TOKEN, 'google-bert/x', /alice is no member of `google-bert`\. Publish to `alice` or `team`/],
] as const)('what the token may not do is said before anything is sent', async (token, repository, sentence) => {
  const before = hub.seen.length
  await expect(publish({ ...access, token, repository, files: FILES, title: 'x' })).rejects.toThrow(sentence)
  expect(hub.seen.slice(before).filter(({ method }) => method !== 'GET')).toEqual([])
})

test('a fine-grained token publishes where it may', async () => {
  const files = [{ path: 'README.md', content: '# Team\n' }]
  const result = await publish({
    ...access,
    token: tokenOf('hf_finegrainedfine'),
    repository: 'team/fine',
    files,
    title: 'x',
  })
  expect(result.is).toBe('created')
})

test('a file that holds the token is not sent, nor a path that leads out', async () => {
  const leak = [{ path: 'README.md', content: `token: ${CANARY}` }]
  const error: unknown = await publish({ ...access, repository: 'alice/leak', files: leak, title: 'x' }).catch(
    (e: unknown) => e,
  )
  expect(String(error)).toMatch(/`README.md` holds the Hub token/)
  expect(String(error)).not.toContain(CANARY)
  const outside = [{ path: '../x', content: '' }]
  await expect(publish({ ...access, repository: 'alice/leak', files: outside, title: 'x' })).rejects.toThrow(
    /cannot be a path/,
  )
  expect(hub.repositories().some(({ name }) => name === 'alice/leak')).toBe(false)
})
