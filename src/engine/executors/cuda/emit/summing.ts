import type { Group } from '../fuse/unit.ts'
import type { Form } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import { int, integer, of, step } from '../kernel/parameters.ts'
import type { ColumnSum } from '../lower/step.ts'
import { lanesOfRow, widthOf, widthOfRow } from './lanes.ts'
import { registers } from './registers.ts'
import { type Given, storesOf } from './stores.ts'

/*
 * The kernel of a group whose values are also summed over the rows: threads keep the sums of their columns while they go
 * from row to row, a block leaves one part of each sum, and a second kernel adds up the parts, in order.
 */

/** So many blocks go through the rows together. */
const BLOCKS = 384
/** Rows that a thread goes through at least. */
const FEWEST_ROWS = 2
/** Threads of a block, about: rows that are summed along want registers. */
const REDUCING_THREADS = 128
/** Blocks at once whose threads' numbers find room in registers. */
const BOUNDS = { threads: REDUCING_THREADS, blocks: 3 }
const THREADS = 384
/** Parts that the second kernel reads at once. */
const DEEP = 32

export function emitSumming({ group, ...given }: Given & { group: Group }): KernelLaunch[] {
  const { steps, rows, columns, stores, sums } = group
  const { form } = given
  const reduces = steps.some(({ kind }) => kind === 'rowSum' || kind === 'rowMax')
  const read = [...steps, ...sums].flatMap(({ inputs }) => inputs.map((view) => view.step))
  const widest = [...steps, ...read].some(({ element }) => element === 'half') ? 8 : 4
  // Lanes of a warp must go from row to row together.
  const lanes = reduces
    ? Math.max(form.lanes, lanesOfRow(columns, widest, form))
    : lanesOfPlainRow(columns, widest, form)
  const width = reduces ? widthOfRow(columns, lanes, widest) : widthOf(columns, widest)
  const deep = form.lanes === 1 ? 1 : Math.max(1, Math.floor((reduces ? REDUCING_THREADS : THREADS) / lanes))
  const blocks = Math.min(Math.ceil(rows / (deep * FEWEST_ROWS)), BLOCKS)

  const inside = registers({ steps, rows, columns, width, flat: false })
  const rowCount = inside.integer('rows', rows)
  const scratch = inside.parameter('scratch', 'float', true, { kind: 'scratch' })
  inside.computeAll()
  const terms = sums.map(({ inputs: [view] }) => view && inside.value(view, view.shape))
  const body = [
    `constexpr int C = ${columns}, V = ${width}, LANES = ${lanes}, E = ${Math.ceil(columns / (lanes * width)) * width}, DEEP = ${deep};`,
    'const int depth = threadIdx.x / LANES, first = (threadIdx.x % LANES) * V;',
    'SHARED float left[DEEP][C];',
    ...sums.map((_, i) => `float sum${i}[E]; EACH sum${i}[j] = 0.f;`),
    `ONE_BY_ONE for (int row = blockIdx.x * DEEP + depth; row < ${rowCount}; row += gridDim.x * DEEP) {`,
    ...inside.lines,
    ...storesOf({ inside, steps, stores, columns, width, ...given }),
    ...terms.map((term, i) => `EACH sum${i}[j] += ${term};`),
    '}',
    ...sums.map((_, i) => `LEAVE_ROW(sum${i}, ${scratch} + ((size_t)${i} * gridDim.x + blockIdx.x) * C)`),
  ]
  const bytes = sums.length * blocks * columns * 4
  return [
    {
      kind: 'kernel',
      kernel: kernelOf('rows_summing', inside.parameters, body.join('\n'), lanes === 32 && reduces ? BOUNDS : null),
      grid: [blocks, 1],
      threads: lanes * deep,
      arguments: inside.arguments,
      scratch: bytes,
      counters: 0,
    },
    gather({ sums, parts: blocks, columns, form, scratch: bytes }),
  ]
}

/** Adds up the parts of some sums. */
function gather({
  sums,
  parts,
  columns,
  form,
  scratch,
}: {
  sums: readonly ColumnSum[]
  parts: number
  columns: number
  form: Form
  scratch: number
}): KernelLaunch {
  const deep = form.lanes === 1 ? 1 : DEEP
  const to = sums.map((_, i) => `to${i}`)
  const body = [
    `constexpr int C = ${columns}, V = 1, LANES = ${form.lanes}, E = V, DEEP = ${deep};`,
    'const int lane = threadIdx.x % LANES, depth = threadIdx.x / LANES, first = (blockIdx.x * LANES + lane) * V;',
    'const float* from = scratch + (size_t)blockIdx.y * parts * C;',
    'float sum[E], one[E]; EACH sum[j] = 0.f;',
    'ROOM_FOR_SUMS',
    'if (first < C) BY_FOUR for (int part = depth; part < parts; part += DEEP) { loadWide<V>(from + (size_t)part * C + first, one); EACH sum[j] += one[j]; }',
    `float* target = ${to.reduceRight((others, each, i) => `blockIdx.y == ${i} ? ${each} : ${others}`)};`,
    'ADD_UP(sum, target)',
  ]
  return {
    kind: 'kernel',
    kernel: kernelOf(
      'gather',
      [of('scratch', 'float'), int('parts'), ...to.map((name) => of(name, 'float'))],
      body.join('\n'),
    ),
    grid: [Math.ceil(columns / form.lanes), sums.length],
    threads: form.lanes * deep,
    arguments: [{ kind: 'scratch' }, integer(parts), ...sums.map(step)],
    scratch,
    counters: 0,
  }
}

/** Threads that share a row which nothing is summed along: one load each, or as few as may be. */
function lanesOfPlainRow(columns: number, widest: number, form: Form): number {
  if (form.lanes === 1) return 1
  const loads = columns / widthOf(columns, widest)
  return Math.ceil(loads / Math.ceil(loads / THREADS))
}
