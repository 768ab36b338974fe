import { type Form, threadsOf } from '../kernel/form.ts'
import type { Columns, Group } from '../fuse/fuse.ts'
import { type Argument, kernelOf, type KernelLaunch, type ManyLaunch, type Parameter } from '../kernel/kernel.ts'
import { isFlat, type Registers, registers } from './registers.ts'
import type { Step, View } from '../lower/step.ts'
import { extent } from '../lower/view.ts'

/** Rows up to this many columns are a warp's; longer ones take a block. */
const WARP_ROW = 1024
const BLOCK_LANES = 256
/** Threads of a block whose rows are a warp's or less. */
const ROW_THREADS = 128

/** A group of steps whose kernel can be merged with equal ones: it works on one long row, wherever that lies. */
export interface FlatGroup {
  kind: 'flat'
  parameters: readonly Parameter[]
  arguments: readonly Argument[]
  body: string
  blocks: number
  threads: number
}

export interface Given {
  /** Copies of states in half precision, by the state's name. */
  copies: ReadonlyMap<string, Step>
  form: Form
}

/** Where a result goes: a state that has a copy in half precision goes there too. */
function targetsOf(step: Step, { copies }: Given): Step[] {
  const copy = step.home?.kind === 'state' ? copies.get(step.home.name) : undefined
  return copy ? [step, copy] : [step]
}

/** The kernel of a group. Its form follows from what its steps do: see docs/cuda.md. */
export function emitGroup({
  group: { steps, rows, columns, stores },
  ...given
}: Given & { group: Group }): KernelLaunch | FlatGroup {
  const { form } = given
  const isNarrow = steps.some(({ element }) => element === 'half')
  const widest = isNarrow ? 8 : 4
  if (isFlat(steps, rows, columns)) return emitFlat({ steps, rows, columns, stores, width: widest, ...given })

  const reduces = steps.some(({ kind }) => kind === 'rowSum' || kind === 'rowMax') && columns > 1
  const lanes = reduces ? lanesOfRow(columns, widest, form) : 1
  const width = reduces ? widthOfRow(columns, lanes, widest) : widthOf(columns, widest)
  const inside = registers({ steps, rows, columns, width, flat: false })
  const rowCount = inside.parameter('rows', 'int', false, { kind: 'integer', value: rows })
  inside.computeAll()
  inside.lines.push(...storesOf({ inside, steps, stores, columns, width, ...given }))
  const elements = reduces ? Math.ceil(columns / (lanes * width)) * width : width
  const constants = `constexpr int C = ${columns}, V = ${width}, LANES = ${lanes}, E = ${elements};`
  const opening = reduces ? `ROWS(${rowCount})` : `TILES(${rowCount})`
  const rowsPerBlock = form.lanes === 1 ? 1 : Math.max(1, ROW_THREADS / lanes)
  const blocks = reduces ? Math.ceil(rows / rowsPerBlock) : Math.ceil((rows * (columns / width)) / threadsOf(form))
  return {
    kind: 'kernel',
    kernel: kernelOf(reduces ? 'rows' : 'tiles', inside.parameters, [constants, opening, ...inside.lines].join('\n')),
    grid: [blocks, 1],
    threads: reduces ? (form.lanes === 1 ? 1 : lanes * rowsPerBlock) : threadsOf(form),
    arguments: inside.arguments,
    scratch: 0,
    counters: 0,
  }
}

/** Lines that write what a kernel over rows stores. */
export function storesOf({
  inside,
  steps,
  stores,
  columns,
  width,
  ...given
}: Given & Pick<Group, 'steps' | 'stores' | 'columns'> & { inside: Registers; width: number }): string[] {
  return steps
    .filter((step) => stores.has(step))
    .flatMap((step) =>
      targetsOf(step, given).map((target) => {
        const name = inside.nameOf(step)
        const pointer = inside.memory(target)
        return extent(step.shape).columns === columns
          ? `WRITE(${name.replace('[j]', '')}, ${storeWidth(step, width)}, ${pointer} + (size_t)row * ${columns})`
          : `if (IS_FIRST) store(${pointer} + row, ${name});`
      }),
    )
}

function emitFlat({
  steps,
  rows,
  columns,
  stores,
  width,
  ...given
}: Given & Omit<Group, 'kind' | 'sums'> & { width: number }): FlatGroup {
  const { form } = given
  const inside = registers({ steps, rows, columns, width, flat: true })
  const length = inside.parameter('length', 'int', false, { kind: 'integer', value: rows * columns })
  inside.computeAll()
  for (const step of steps) {
    if (!stores.has(step)) continue
    const name = inside.nameOf(step).replace('[j]', '')
    for (const target of targetsOf(step, given)) {
      inside.lines.push(`WRITE(${name}, ${storeWidth(step, width)}, ${inside.memory(target)})`)
    }
  }
  const constants = `constexpr int V = ${width}, LANES = 1, E = ${width}; const int C = ${length};`
  return {
    kind: 'flat',
    parameters: inside.parameters,
    arguments: inside.arguments,
    body: [constants, 'FLAT', ...inside.lines].join('\n'),
    blocks: Math.ceil((rows * columns) / width / threadsOf(form)),
    threads: threadsOf(form),
  }
}

/** Equal flat kernels of one level become one launch. */
export function launchFlat(groups: readonly FlatGroup[]): KernelLaunch | ManyLaunch {
  const [first] = groups
  if (!first) throw new Error('There is nothing to launch')
  const { parameters, body, threads } = first
  if (groups.length === 1) {
    return {
      kind: 'kernel',
      kernel: kernelOf('flat', parameters, `const int block = blockIdx.x;\n${body}`),
      grid: [first.blocks, 1],
      threads,
      arguments: first.arguments,
      scratch: 0,
      counters: 0,
    }
  }
  const unpack = parameters.map(({ name, type, pointer }, i) =>
    pointer
      ? `${type}_t* ${name} = (${type}_t*)piece[${i + 1}];`
      : `const ${type}_t ${name} = (${type}_t)piece[${i + 1}];`,
  )
  const find = `const word_t* piece = table + (size_t)pieceOf[blockIdx.x] * ${parameters.length + 1}; const int block = blockIdx.x - (int)piece[0];`
  const table: Parameter[] = [
    { type: 'int', pointer: true, name: 'pieceOf' },
    { type: 'word', pointer: true, name: 'table' },
  ]
  return {
    kind: 'many',
    kernel: kernelOf('many', table, [find, ...unpack, body].join('\n')),
    threads,
    pieces: groups.map((group) => ({ blocks: group.blocks, arguments: group.arguments })),
  }
}

/** Sums over rows: a block sums some rows of some columns, and the last block of a column adds up what the others left. */
export function emitColumns({ columns: unit, form }: { columns: Columns; form: Form }): KernelLaunch {
  const [first] = unit.sums
  if (!first) throw new Error('There is nothing to sum')
  const { groups, members } = first
  const columns = first.shape[1] ?? 1
  const width = widthOf(columns, 4)
  const { lanes } = form
  const tiles = Math.ceil(columns / (lanes * width))
  const deep = lanes === 1 ? 1 : Math.min(8, members)
  const parts = Math.max(1, Math.min(Math.ceil(members / (deep * 8)), Math.ceil(400 / (tiles * groups))))
  const inside = registers({ steps: unit.steps, rows: groups * members, columns, width, flat: false })
  const many = inside.parameter('members', 'int', false, { kind: 'integer', value: members })
  const split = inside.parameter('parts', 'int', false, { kind: 'integer', value: parts })
  const scratch = inside.parameter('scratch', 'float', true, { kind: 'scratch' })
  const counters = inside.parameter('counters', 'int', true, { kind: 'counters' })
  inside.computeAll()
  const sums = unit.sums.map((sum, i) => {
    const view = sum.inputs[0] as View
    inside.lines.push(`EACH sum${i}[j] += ${inside.value(view, view.shape)};`)
    return { i, to: inside.memory(sum) }
  })
  const body = [
    `constexpr int C = ${columns}, V = ${width}, LANES = ${lanes}, E = ${width}, DEEP = ${deep}, SUMS = ${unit.sums.length};`,
    `COLUMNS(${many}, ${split})`,
    ...sums.map(({ i }) => `float sum${i}[E]; EACH sum${i}[j] = 0.f;`),
    `if (first < C) BY_FOUR for (int member = part * DEEP + depth; member < ${many}; member += ${split} * DEEP) {`,
    `const int row = group * ${many} + member;`,
    ...inside.lines,
    '}',
    ...sums.map(({ i, to }) => `LEAVE_SUM(sum${i}, ${i}, ${to}, ${scratch}, ${split})`),
    `if (IS_LAST_PART(${counters}, ${split})) {`,
    ...sums.map(({ i, to }) => `GATHER_SUM(${i}, ${to}, ${scratch}, ${split})`),
    '}',
  ]
  return {
    kind: 'kernel',
    kernel: kernelOf('columns', inside.parameters, body.join('\n')),
    grid: [tiles, groups * parts],
    threads: lanes * deep,
    arguments: inside.arguments,
    scratch: parts === 1 ? 0 : unit.sums.length * groups * parts * columns * 4,
    counters: groups * tiles,
  }
}

/** The most elements side by side that a row is a multiple of. */
export function widthOf(columns: number, widest: number): number {
  let width = widest
  while (columns % width !== 0) width /= 2
  return width
}

/** Threads that share a row: no more than can load `widest` elements each, as a head's 64 columns want 8. */
export function lanesOfRow(columns: number, widest: number, form: Form): number {
  if (form.lanes === 1) return 1
  if (columns > WARP_ROW) return BLOCK_LANES
  const loads = columns / widthOf(columns, widest)
  return Math.min(form.lanes, 2 ** Math.ceil(Math.log2(loads)))
}

/** As `widthOf`, preferring that the lanes share the row evenly. */
export function widthOfRow(columns: number, lanes: number, widest: number): number {
  for (let width = widest; width > 1; width /= 2) if (columns % (lanes * width) === 0) return width
  return columns % lanes === 0 ? 1 : widthOf(columns, widest)
}

/** A step inside of a join may begin anywhere. */
function storeWidth({ home }: Step, width: number): number {
  if (home?.kind !== 'inside') return width
  let result = width
  while (result > 1 && home.offset % result !== 0) result /= 2
  return result
}
