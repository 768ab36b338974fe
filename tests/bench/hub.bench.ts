import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { downloadSnapshot } from '../../src/hub/download.ts'
import { startLocalHub } from '../../src/hub/local/local-hub.ts'
import type { RemoteFile } from '../../src/hub/repository.ts'
import { listTree } from '../../src/hub/tree.ts'
import type { Measured } from './measured.ts'

const NAME = 'bench/one-gibibyte'
const SIZE = 1024 ** 3
const ROUNDS = 5
const SELF = fileURLToPath(import.meta.url)

/**
 * 1 GiB over loopback from a Hub in a process of its own: ours (into the cache, its SHA-256 checked) beside `curl -L`
 * (into a file, unchecked). Each round is a fresh process, as a run's engine is; both take turns, and the best of five
 * counts: what else runs on the machine is in neither.
 */
export async function hubBench(): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
  const file = join(folder, 'one-gibibyte')
  await writeRandom(file)
  const server = spawn(process.execPath, ['--import', 'tsx', SELF, 'serve', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const hubUrl = await new Promise<string>((done) =>
      server.stdout.once('data', (line: Buffer) => done(line.toString().trim())),
    )
    const { sha: commit } = (await (await fetch(`${hubUrl}/api/models/${NAME}?expand=sha`)).json()) as { sha: string }
    const files = await listTree({ hubUrl, type: 'model', name: NAME, revision: commit })
    const ours: number[] = []
    const curls: number[] = []
    let growth = 0
    for (let round = 0; round < ROUNDS; round++) {
      const copy = join(folder, 'curl')
      curls.push(Number(run('curl', ['-sL', '-o', copy, '-w', '%{time_total}', urlOf(hubUrl)])))
      // What is written is not left for the disk to do while the other is measured.
      await rm(copy)
      const cacheFolder = join(folder, 'cache')
      const job = JSON.stringify({ hubUrl, commit, files, cacheFolder } satisfies Job)
      const result = JSON.parse(run(process.execPath, ['--import', 'tsx', SELF, 'fetch', job])) as Result
      ours.push(result.seconds)
      growth = Math.max(growth, result.growth)
      await rm(cacheFolder, { recursive: true })
    }
    const share = Math.min(...curls) / Math.min(...ours)
    const rate = (seconds: number) => `${Math.round(SIZE / 1e6 / seconds)} MB/s`
    return [
      {
        what: '1 GiB over loopback',
        measured: `${rate(Math.min(...ours))}, ${Math.round(share * 100)} % of curl's ${rate(Math.min(...curls))}`,
        bar: "60 % of curl's",
        met: share >= 0.6,
      },
      {
        what: 'memory while it comes',
        measured: `grows by ${Math.round(growth / 1e6)} MB`,
        bar: 'less than 200 MiB',
        met: growth < 200 * 1024 ** 2,
      },
    ]
  } finally {
    server.stdin.end()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Job {
  hubUrl: string
  commit: string
  files: RemoteFile[]
  cacheFolder: string
}

interface Result {
  seconds: number
  /** Bytes */
  growth: number
}

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' })
}

function urlOf(hubUrl: string): string {
  return `${hubUrl}/${NAME}/resolve/main/model.safetensors`
}

async function writeRandom(path: string): Promise<void> {
  const handle = await open(path, 'w')
  const block = randomBytes(1024 * 1024)
  for (let at = 0; at < SIZE; at += block.length) {
    block.writeDoubleLE(at)
    await handle.write(block)
  }
  // The disk is to be quiet when it begins.
  await handle.sync()
  await handle.close()
}

async function serve(file: string): Promise<void> {
  const hub = await startLocalHub({
    seeds: [{ type: 'model', name: NAME, files: () => Promise.resolve({ 'model.safetensors': { file } }) }],
  })
  await fetch(`${hub.url}/api/models/${NAME}/tree/main`)
  console.log(hub.url)
  process.stdin.resume().once('end', () => void hub.close())
}

async function fetchOnce(job: Job): Promise<Result> {
  const before = process.memoryUsage.rss()
  let growth = 0
  const watch = setInterval(() => (growth = Math.max(growth, process.memoryUsage.rss() - before)), 50)
  const began = performance.now()
  await downloadSnapshot({ ...job, type: 'model', name: NAME })
  clearInterval(watch)
  return { seconds: (performance.now() - began) / 1000, growth }
}

if (process.argv[1] === SELF) {
  const [, , part, given = ''] = process.argv
  if (part === 'serve') await serve(given)
  else if (part === 'fetch') console.log(JSON.stringify(await fetchOnce(JSON.parse(given) as Job)))
  else console.table(await hubBench())
}
