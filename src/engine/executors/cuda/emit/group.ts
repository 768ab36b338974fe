import type { Group } from '../fuse/unit.ts'
import { threadsOf } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import { emitFlat, type FlatGroup, isFlat } from './flat.ts'
import { lanesOfRow, widthOf, widthOfRow } from './lanes.ts'
import { registers } from './registers.ts'
import { type Given, storesOf } from './stores.ts'

/** Threads of a block whose rows are a warp's or less. */
const ROW_THREADS = 128

/** The kernel of a group. Its form follows from what its steps do: see the table in README.md. */
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
  const rowCount = inside.integer('rows', rows)
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
