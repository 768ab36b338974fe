import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** Floors of docs/architecture.md; an import only ever points down. A room is a folder, or one file. */
const FLOORS: readonly (readonly [room: string, floor: number])[] = [
  ['src/cli', 7],
  ['commands', 6],
  ['src/bot', 5],
  ['src/cards', 4],
  ['src/control', 4],
  ['src/preflight', 4],
  ['src/engine', 3],
  ['src/diagnosis', 3],
  ['storage', 3],
  ['src/hosts', 2],
  ['src/hub', 2],
  ['src/builtin', 2],
  ['src/playground', 2],
  ['src/run', 1],
  ['src/config', 1],
  ['src/user-error', 0],
  ['src/sqlite', 0],
]

const roomOf = (file: string) => FLOORS.find(([room]) => file === `${room}.ts` || file.startsWith(`${room}/`))

const sources = ['src', 'commands', 'storage'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name)),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"](?<path>\.[^'"]+)['"]/g)].map((match) =>
    relative(ROOT, resolve(ROOT, dirname(file), match.groups?.path ?? '')),
  )
}

test('every source file lives on a floor', () => {
  expect(sources.length).toBeGreaterThan(15)
  expect(sources.filter((file) => !roomOf(file))).toEqual([])
})

test('imports only point down', () => {
  const up = sources.flatMap((file) => {
    const [room, floor] = roomOf(file) ?? ['', -1]
    return importsOf(file)
      .filter((target) => {
        const [targetRoom, targetFloor] = roomOf(target) ?? ['', 99]
        return targetRoom !== room && targetFloor >= floor
      })
      .map((target) => `${file} → ${target}`)
  })
  expect(up).toEqual([])
})

/** Folders of the GPU executor, as its README.md draws them: each knows those before it. */
const CUDA = 'src/engine/executors/cuda'
const STAGES = [
  ['program'],
  ['lower'],
  ['fuse'],
  ['kernel'],
  ['emit', 'fixed', 'attention'],
  ['plan'],
  ['run'],
  ['driver', 'executor.ts'],
]

test('a program goes one way through the folders of the GPU executor', () => {
  const within = (file: string) => relative(CUDA, file).split('/')[0] ?? ''
  const stageOf = (file: string) => STAGES.findIndex((names) => names.includes(within(file)))
  const files = sources.filter((file) => file.startsWith(`${CUDA}/`))
  expect(files.filter((file) => stageOf(file) < 0)).toEqual([])
  const back = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith(`${CUDA}/`) && within(target) !== within(file))
      .filter((target) => stageOf(target) >= stageOf(file))
      .map((target) => `${file} → ${target}`),
  )
  expect(back).toEqual([])
})

test('only the edge knows discord.js', () => {
  const knows = sources.filter((file) => /from 'discord\.js'/.test(readFileSync(join(ROOT, file), 'utf8')))
  expect(knows.filter((file) => !file.startsWith('src/bot/') && !file.startsWith('commands/'))).toEqual([])
})

/** A list holds markdown, and a container components: these draw each other. */
const DRAW_EACH_OTHER = [
  'src/playground/page/components/component.tsx',
  'src/playground/page/components/container.tsx',
  'src/playground/page/markdown/list.tsx',
  'src/playground/page/markdown/markdown.tsx',
]

test('no file comes back to itself by what it imports, types aside', () => {
  const known = new Set(sources)
  const imports = new Map(sources.map((file) => [file, valuesOf(file).filter((target) => known.has(target))] as const))
  const reaches = (file: string) => {
    const seen = new Set<string>()
    imports.get(file)?.forEach(visit)
    function visit(at: string): void {
      if (seen.has(at)) return
      seen.add(at)
      imports.get(at)?.forEach(visit)
    }
    return seen
  }
  expect(sources.filter((file) => reaches(file).has(file)).sort()).toEqual(DRAW_EACH_OTHER)
})

/** What a file imports or hands on beside types. */
function valuesOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^'"]*?from\s+)?'(?<path>\.[^']+)'/gm)].map((match) =>
    relative(ROOT, resolve(ROOT, dirname(file), match.groups?.path ?? '')),
  )
}
