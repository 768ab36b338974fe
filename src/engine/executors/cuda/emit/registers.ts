import { sharing } from '../fuse/sharing.ts'
import type { Argument, Parameter } from '../kernel/kernel.ts'
import { count, type Fusible, isFusible, type Step, type View } from '../lower/step.ts'
import { extent, stridesIn } from '../lower/view.ts'
import { aligned, rowOffset } from './addresses.ts'
import { compute, number } from './compute.ts'

/**
 * Writes the inside of a kernel as lines of C++: loads what steps read, and computes them in registers. What a step reads in
 * memory becomes a parameter, so that layers, which differ in nothing else, share a kernel. `flat` takes the domain as one
 * row, where all that is read lies in the same order.
 *
 * A name is of one number (`l0`, `s1`) or, within EACH, of one of the E elements of a thread (`l0[j]`, `v1[j]`).
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
  const integer = (key: string, value: number) => parameter(key, 'int', false, { kind: 'integer', value })
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
    const from = view.offset === 0 ? '' : integer(`offset ${view.offset}`, view.offset)
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

  const within = { lines, columns, width, parameter, integer, memory, value, nextMask: () => masks++ }
  return {
    lines,
    parameters,
    arguments: given,
    parameter,
    integer,
    memory,
    value,
    computeAll: () => {
      for (const step of steps) names.set(step, compute(step, names.size, within))
    },
    nameOf: (step: Step) => names.get(step) ?? '',
  }
}

export type Registers = ReturnType<typeof registers>
