import type { NodeOf } from '../../../tracer/node.ts'
import { first } from '../program/users.ts'
import type { Builder } from './builder.ts'
import { count, isWhole, type Step, type View } from './step.ts'
import type { Values } from './values.ts'

/*
 * Operations that come apart into several steps, so that fusing may put the parts together with their neighbours.
 */

/** Along rows or over them. */
export function reduce(
  node: NodeOf<'Sum' | 'Mean' | 'Max'>,
  { add, along, literal, point, reshape }: Builder,
  { viewOf }: Values,
): View {
  const view = viewOf(first(node.inputs))
  const { shape } = first(node.outputs)
  const axes = node.attributes.axes.filter((axis) => view.shape[axis] !== 1)
  if (axes.length === 0) return reshape(view, shape)
  const from = Math.min(...axes)
  const to = Math.max(...axes)
  const between = view.shape.slice(from, to + 1)
  if (between.some((length, i) => length !== 1 && !axes.includes(from + i))) {
    throw new Error(`${node.op} over axes ${axes.join()} of [${view.shape.join()}] has no kernel`)
  }
  const before = view.shape.slice(0, from)
  const after = view.shape.slice(to + 1)
  const scaled = (sum: View) =>
    node.op === 'Mean' ? point('($0 * $1)', [sum, literal(1 / count(between))], sum.shape, 'float') : sum
  if (count(after) === 1) {
    const kind = node.op === 'Max' ? 'rowMax' : 'rowSum'
    return reshape(scaled(along(kind, reshape(view, [...before, count(between)]))), shape)
  }
  if (node.op === 'Max') throw new Error('The greatest over rows has no kernel')
  // A sum of sums over rows is one sum over all of them.
  const { step } = view
  const inner =
    step.kind === 'columnSum' && isWhole(view) && step.groups === count(before) * count(between) ? step : null
  const sum = add<Step & { kind: 'columnSum' }>({
    kind: 'columnSum',
    groups: count(before),
    members: count(between) * (inner?.members ?? 1),
    inputs: inner ? inner.inputs : [reshape(view, [count(before) * count(between), count(after)])],
    shape: [count(before), count(after)],
    element: 'float',
  })
  return reshape(scaled(sum), shape)
}

export function layerNorm(
  node: NodeOf<'LayerNorm'>,
  { along, literal, point }: Builder,
  { viewOf, elementOf }: Values,
): View[] {
  const [x, weight, bias] = node.inputs.map(viewOf) as [View, View, View]
  const element = elementOf(first(node.outputs))
  const share = literal(1 / (x.shape.at(-1) ?? 1))
  const stat = (code: string, of: View, by: View) => point(code, [of, by], of.shape, 'float')
  const mean = stat('($0 * $1)', along('rowSum', x), share)
  const centred = point('($0 - $1)', [x, mean], x.shape, element)
  const variance = stat('($0 * $1)', along('rowSum', point('($0 * $1)', [centred, centred], x.shape, element)), share)
  const inverse = stat('(1.f / sqrtf($0 + $1))', variance, literal(node.attributes.epsilon))
  const normed = point('($0 * $1)', [centred, inverse], x.shape, element)
  const scaled = point('($0 * $1)', [normed, weight], x.shape, element)
  return [point('($0 + $1)', [scaled, bias], x.shape, element), mean, inverse]
}

export function softmax(node: NodeOf<'Softmax'>, { along, point }: Builder, { viewOf, elementOf }: Values): View {
  const x = viewOf(first(node.inputs))
  const element = elementOf(first(node.outputs))
  const shifted = point('($0 - $1)', [x, along('rowMax', x)], x.shape, element)
  const power = point('expf($0)', [shifted], x.shape, element)
  const share = point('(1.f / $0)', [along('rowSum', power)], [...x.shape.slice(0, -1), 1], 'float')
  return point('($0 * $1)', [power, share], x.shape, element)
}
