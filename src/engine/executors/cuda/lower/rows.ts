import type { NodeOf } from '../../../tracer/node.ts'
import { first } from '../program/users.ts'
import type { Builder } from './builder.ts'
import { count, isWhole, type Step, type View } from './step.ts'
import type { Values } from './values.ts'
import { whole } from './view.ts'

/*
 * Rows of a table: picking them, adding up what belongs to each, and adding to some.
 */

/** (table [rows, width], indices [...]) → [..., width] */
export function gather(node: NodeOf<'Gather'>, { add, copy, inMemory }: Builder, { viewOf, elementOf }: Values): View {
  const [table, indices] = node.inputs.map(viewOf) as [View, View]
  const result = first(node.outputs)
  const { step } = table
  // Rows of rows that were picked are rows of the first table.
  const [, rows, ...more] = step.inputs
  const isPicked = step.kind === 'pick' && !step.orNone && isWhole(table) && more.length === 0
  const [from, ...through] = isPicked && rows && isWhole(rows) ? step.inputs : [isWhole(table) ? table : copy(table)]
  return add<Step & { kind: 'pick' }>({
    kind: 'pick',
    orNone: false,
    inputs: [from as View, inMemory(indices), ...through],
    shape: result.shape,
    element: elementOf(result),
  })
}

/** (values [n, width], rows [n]) → [rows, width], those of one row added up: the gradient of a table. */
export function scatterAdd(node: NodeOf<'ScatterAdd'>, { add, inOrder }: Builder, { viewOf }: Values): View {
  const [values, rows] = node.inputs.map(viewOf) as [View, View]
  return add<Step & { kind: 'scatterAdd' }>({
    kind: 'scatterAdd',
    inputs: [inOrder(values), inOrder(rows)],
    shape: first(node.outputs).shape,
    element: 'float',
  })
}

/**
 * (table [rows, width], values [n, width], rows [n], each once) → [rows, width]. Which of the values a row is given, if any,
 * is found first, so that what makes the table can add them as it goes.
 */
export function addRows(node: NodeOf<'AddRows'>, build: Builder, { viewOf }: Values): View {
  const [table, given, rows] = node.inputs.map(viewOf) as [View, View, View]
  const { shape } = first(node.outputs)
  const { step } = build.add<Step & { kind: 'placeOf' }>({
    kind: 'placeOf',
    inputs: [build.inOrder(rows)],
    shape: shape.slice(0, 1),
    element: 'int',
  })
  return build.point('($0 + $1)', [table, pickOrNone(given, step, shape, build)], shape, 'float')
}

/** Rows of `of` that `places` names, counted from 1; zeros where it names none. Factors are taken out of memory's way. */
function pickOrNone(of: View, places: Step, shape: readonly number[], build: Builder): View {
  const { step } = of
  if (
    step.kind === 'point' &&
    step.code === '($0 * $1)' &&
    isWhole(of) &&
    step.inputs.every((view) => count(view.shape) === 1 || (isWhole(view) && count(view.shape) === count(of.shape)))
  ) {
    const factors = step.inputs.map((view) => (count(view.shape) === 1 ? view : pickOrNone(view, places, shape, build)))
    return build.point(step.code, factors, shape, 'float')
  }
  return build.add<Step & { kind: 'pick' }>({
    kind: 'pick',
    orNone: true,
    inputs: [build.inOrder(of), whole(places)],
    shape,
    element: 'float',
  })
}
