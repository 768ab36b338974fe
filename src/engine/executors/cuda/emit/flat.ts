import { sharing } from '../fuse/sharing.ts'
import type { Group } from '../fuse/unit.ts'
import { threadsOf } from '../kernel/form.ts'
import { type Argument, kernelOf, type KernelLaunch, type ManyLaunch, type Parameter } from '../kernel/kernel.ts'
import { count, type Fusible, isContiguous, type Step } from '../lower/step.ts'
import { extent } from '../lower/view.ts'
import { registers } from './registers.ts'
import { type Given, storeWidth, targetsOf } from './stores.ts'

/*
 * Plain arithmetic on tensors that lie in the same order, which is most of AdamW: a thread for 4 or 8 elements of one long
 * row. The text does not depend on the shape, so that equal groups can be one launch over a table of pieces.
 */

/** A group of steps whose kernel can be merged with equal ones: it works on one long row, wherever that lies. */
export interface FlatGroup {
  kind: 'flat'
  parameters: readonly Parameter[]
  arguments: readonly Argument[]
  body: string
  blocks: number
  threads: number
}

/** Whether a group can take its domain as one long row: plain arithmetic on what lies in the same order, or is one number. */
export function isFlat(steps: readonly Fusible[], rows: number, columns: number): boolean {
  const members = new Set<Step>(steps)
  return steps.every((step) => {
    const own = extent(step.shape)
    if (step.kind !== 'point' || step.code.includes('COLUMN') || own.columns !== columns) return false
    return step.inputs.every((view) => {
      if (view.step.kind === 'literal' || (members.has(view.step) && sharing(view, rows, columns) === 'place'))
        return true
      return count(view.shape) === 1 || (count(view.shape) === rows * columns && isContiguous(view))
    })
  })
}

export function emitFlat({
  steps,
  rows,
  columns,
  stores,
  width,
  ...given
}: Given & Omit<Group, 'kind' | 'sums'> & { width: number }): FlatGroup {
  const { form } = given
  const inside = registers({ steps, rows, columns, width, flat: true })
  const length = inside.integer('length', rows * columns)
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
