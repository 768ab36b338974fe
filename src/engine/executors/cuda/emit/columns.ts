import type { Columns } from '../fuse/unit.ts'
import type { Form } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import type { View } from '../lower/step.ts'
import { widthOf } from './lanes.ts'
import { registers } from './registers.ts'

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
  const many = inside.integer('members', members)
  const split = inside.integer('parts', parts)
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
