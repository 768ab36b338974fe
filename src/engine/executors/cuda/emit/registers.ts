import { sharing } from '../fuse/sharing.ts'
import type { Argument, Parameter } from '../kernel/kernel.ts'
import { count, type Fusible, isContiguous, isFusible, type Step, type View } from '../lower/step.ts'
import { extent, stridesIn } from '../lower/view.ts'

/** How many threads share a row, and how many elements each holds: constants of a kernel's text. */
export interface Shape {
  /** Columns of the domain. */
  C: number
  /** Elements that lie side by side in one thread. */
  V: number
  LANES: number
  /** Elements of a row in one thread. */
  E: number
}

/**
 * Writes the inside of a kernel: loads what steps read, computes them in registers, stores what is wanted. `flat` takes
 * the domain as one row, where all that is read lies in the same order.
 */
export function registers({
  steps,
  rows,
  columns,
  width,
  flat,
}: {
  steps: readonly Fusible[]
  rows: number
  columns: number
  /** Elements that are loaded at once. */
  width: number
  flat: boolean
}) {
  const lines: string[] = []
  const parameters: Parameter[] = []
  const given: Argument[] = []
  const members = new Set<Step>(steps)
  const names = new Map<Step, string>()
  const loaded = new Map<string, string>()
  const parameterOf = new Map<string, string>()
  let masks = 0

  const parameter = (key: string, type: Parameter['type'], pointer: boolean, argument: Argument): string => {
    let name = parameterOf.get(key)
    if (name === undefined) {
      name = `p${parameters.length}`
      parameterOf.set(key, name)
      parameters.push({ type, pointer, name })
      given.push(argument)
    }
    return name
  }
  const memory = (step: Step) => parameter(`step ${step.id}`, step.element, true, { kind: 'step', step })

  /** Loads a view as it is read in a shape, once. */
  const load = (view: View, shape: readonly number[]): string => {
    const isNarrow = extent(shape).columns === 1 && columns > 1
    const strides = stridesIn(view, shape)
    const isUniform = count(view.shape) === 1
    // Where all lies in the same order, a last axis of length 1 has a stride that means nothing.
    const along = flat ? 1 : (strides.at(-1) ?? 0)
    const isWide = !isNarrow && !isUniform && along !== 0
    const row = flat ? '' : rowOffset(shape.slice(0, -1), strides.slice(0, -1))
    // A number of its own, so that layers whose vectors lie elsewhere share a kernel.
    const from =
      view.offset === 0 ? '' : parameter(`offset ${view.offset}`, 'int', false, { kind: 'integer', value: view.offset })
    const offset = [row, from].filter((term) => term !== '' && term !== '0').join(' + ')
    const pointer = `${memory(view.step)}${offset === '' ? '' : ` + ${offset}`}`
    const key = `${pointer} ${isWide ? along : 'narrow'}`
    const known = loaded.get(key)
    if (known !== undefined) return known
    const name = `l${loaded.size}`
    if (!isWide) lines.push(`const float ${name} = load(${pointer});`)
    else if (along === 1) {
      const steps = flat ? [] : strides.slice(0, -1).filter((_, axis) => shape[axis] !== 1)
      const begin = view.offset + (view.step.home?.kind === 'inside' ? view.step.home.offset : 0)
      lines.push(`float ${name}[E]; READ(${name}, ${aligned(width, [begin, ...steps])}, ${pointer})`)
    } else
      lines.push(`float ${name}[E]; EACH ${name}[j] = INSIDE(j) ? load(${pointer} + COLUMN_OF(j) * ${along}) : 0.f;`)
    const value = isWide ? `${name}[j]` : name
    loaded.set(key, value)
    return value
  }

  const isInside = (view: View) => members.has(view.step) && sharing(view, rows, columns) !== null
  const value = (view: View, shape: readonly number[]): string => {
    const { step } = view
    if (step.kind === 'literal') return number(step.value)
    if (isInside(view) && isFusible(step)) {
      const name = names.get(step)
      if (name === undefined) throw new Error(`Step ${step.id} is read before it is computed`)
      return name
    }
    return load(view, shape)
  }

  const compute = (step: Fusible): void => {
    const isNarrow = extent(step.shape).columns === 1 && columns > 1
    const id = names.size
    const name = isNarrow ? `s${id}` : `v${id}[j]`
    switch (step.kind) {
      case 'point': {
        const operands = step.inputs.map((view) => value(view, step.shape))
        const code = step.code
          .replace(/\$(\d)/g, (_, i: string) => operands[Number(i)] ?? '')
          .replaceAll('COLUMN', '(float)COLUMN_OF(j)')
        lines.push(isNarrow ? `const float s${id} = ${code};` : `float v${id}[E]; EACH v${id}[j] = ${code};`)
        break
      }
      case 'rowSum':
      case 'rowMax': {
        const view = step.inputs[0] as View
        const term = value(view, view.shape)
        const start = step.kind === 'rowSum' ? '0.f' : '-3.40282347e38f'
        const join = step.kind === 'rowSum' ? `s${id} + ${term}` : `fmaxf(s${id}, ${term})`
        const all = step.kind === 'rowSum' ? 'sumOfLanes' : 'maxOfLanes'
        if (columns === 1) lines.push(`float v${id}[E]; EACH v${id}[j] = ${term};`)
        else
          lines.push(`float s${id} = ${start}; EACH if (INSIDE(j)) s${id} = ${join}; s${id} = ${all}<LANES>(s${id});`)
        break
      }
      case 'pick': {
        const [table, indices, through] = step.inputs as [View, View, View?]
        const at = rowOffset(step.shape.slice(0, -1), stridesIn(indices, step.shape.slice(0, -1)))
        const given = `${memory(indices.step)}[${[at, indices.offset].join(' + ')}]`
        const index = through ? `${memory(through.step)}[${given} + ${through.offset}]` : given
        const rowsOfTable = table.shape[0] ?? 1
        const last = parameter(`last ${rowsOfTable}`, 'int', false, { kind: 'integer', value: rowsOfTable - 1 })
        const from = memory(table.step)
        const begin =
          table.offset === 0
            ? ''
            : ` + ${parameter(`offset ${table.offset}`, 'int', false, { kind: 'integer', value: table.offset })}`
        if (step.orNone) {
          lines.push(
            `float v${id}[E]; const int at${id} = ${index};`,
            `if (at${id} > 0) { READ(v${id}, ${aligned(width, [table.offset])}, ${from}${begin} + (long long)(at${id} - 1) * ${columns}) } else EACH v${id}[j] = 0.f;`,
          )
          break
        }
        const pointer = `${from}${begin} + (long long)within((int)${index}, ${last}) * ${columns}`
        lines.push(`float v${id}[E]; READ(v${id}, ${aligned(width, [table.offset])}, ${pointer})`)
        break
      }
      case 'mask': {
        const draw = parameter('draw', 'word', true, { kind: 'draw' })
        const place = parameter(`place ${step.place}`, 'int', false, { kind: 'integer', value: step.place })
        const mask = masks++
        lines.push(
          `const unsigned rowDraw${mask} = rowKey(*${draw}, ${place}, row), columnKey${mask} = keyOf(*${draw}, 2 * ${place} + 1);`,
          `float v${id}[E]; EACH v${id}[j] = isKept(rowDraw${mask}, columnKey${mask}, COLUMN_OF(j), ${threshold(step.rate)}) ? 1.f : 0.f;`,
        )
        break
      }
    }
    names.set(step, name)
  }

  return {
    lines,
    parameters,
    arguments: given,
    parameter,
    memory,
    value,
    computeAll: () => steps.forEach(compute),
    nameOf: (step: Step) => names.get(step) ?? '',
  }
}

export type Registers = ReturnType<typeof registers>

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

/** The most elements, up to `width`, that one load may take where rows begin at multiples of these. */
function aligned(width: number, offsets: readonly number[]): number {
  let result = width
  while (result > 1 && offsets.some((offset) => offset % result !== 0)) result /= 2
  return result
}

/** Where a row begins, as C on `row`. */
function rowOffset(shape: readonly number[], strides: readonly number[]): string {
  const axes: { length: number; stride: number }[] = []
  shape.forEach((length, axis) => {
    if (length === 1) return
    const stride = strides[axis] ?? 0
    const outer = axes.at(-1)
    if (outer && outer.stride === stride * length) {
      outer.length *= length
      outer.stride = stride
    } else axes.push({ length, stride })
  })
  const terms: string[] = []
  let rest = 'row'
  for (const [i, { length, stride }] of [...axes.entries()].reverse()) {
    const index = i === 0 ? rest : `${rest} % ${length}`
    if (stride !== 0) terms.push(stride === 1 ? `(${index})` : `(${index}) * ${stride}`)
    rest = `(${rest} / ${length})`
  }
  return terms.length === 0 ? '0' : terms.join(' + ')
}

function number(value: number): string {
  const short = String(Math.fround(value))
  if (!Number.isFinite(value)) throw new Error('A constant is not finite')
  return /[.e]/.test(short) ? `(${Math.fround(value).toPrecision(9)}f)` : `(${short}.f)`
}

/** The same share of all 32-bit numbers as the onnx executor's masks drop. */
function threshold(rate: number): string {
  return String(Math.round((rate - 0.5) * 2 ** 32))
}
