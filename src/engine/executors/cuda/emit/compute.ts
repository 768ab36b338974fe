import type { Argument, Parameter } from '../kernel/kernel.ts'
import type { Fusible, Step, View } from '../lower/step.ts'
import { extent, stridesIn } from '../lower/view.ts'
import { aligned, rowOffset } from './addresses.ts'

/** The kernel that is being written (registers.ts). */
interface Within {
  lines: string[]
  columns: number
  /** Elements that are loaded at once. */
  width: number
  parameter: (key: string, type: Parameter['type'], pointer: boolean, argument: Argument) => string
  integer: (key: string, value: number) => string
  /** Where a step's result lies. */
  memory: (step: Step) => string
  /** A view as it is read in a shape. */
  value: (view: View, shape: readonly number[]) => string
  nextMask: () => number
}

/** Adds the lines that compute a step, the `id`th of its kernel, after those that load what it reads. Gives the name of it. */
export function compute(
  step: Fusible,
  id: number,
  { lines, columns, width, parameter, integer, memory, value, nextMask }: Within,
): string {
  const isNarrow = extent(step.shape).columns === 1 && columns > 1
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
      else lines.push(`float s${id} = ${start}; EACH if (INSIDE(j)) s${id} = ${join}; s${id} = ${all}<LANES>(s${id});`)
      break
    }
    case 'pick': {
      const [table, indices, through] = step.inputs as [View, View, View?]
      const at = rowOffset(step.shape.slice(0, -1), stridesIn(indices, step.shape.slice(0, -1)))
      const given = `${memory(indices.step)}[${[at, indices.offset].join(' + ')}]`
      const index = through ? `${memory(through.step)}[${given} + ${through.offset}]` : given
      const rowsOfTable = table.shape[0] ?? 1
      const last = integer(`last ${rowsOfTable}`, rowsOfTable - 1)
      const from = memory(table.step)
      const begin = table.offset === 0 ? '' : ` + ${integer(`offset ${table.offset}`, table.offset)}`
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
      const place = integer(`place ${step.place}`, step.place)
      const mask = nextMask()
      lines.push(
        `const unsigned rowDraw${mask} = rowKey(*${draw}, ${place}, row), columnKey${mask} = keyOf(*${draw}, 2 * ${place} + 1);`,
        `float v${id}[E]; EACH v${id}[j] = isKept(rowDraw${mask}, columnKey${mask}, COLUMN_OF(j), ${threshold(step.rate)}) ? 1.f : 0.f;`,
      )
      break
    }
  }
  return name
}

/** A number as C reads it. */
export function number(value: number): string {
  const short = String(Math.fround(value))
  if (!Number.isFinite(value)) throw new Error('A constant is not finite')
  return /[.e]/.test(short) ? `(${Math.fround(value).toPrecision(9)}f)` : `(${short}.f)`
}

/** The same share of all 32-bit numbers as the onnx executor's masks drop. */
function threshold(rate: number): string {
  return String(Math.round((rate - 0.5) * 2 ** 32))
}
