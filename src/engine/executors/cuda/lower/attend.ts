import type { Value } from '../../../tracer/node.ts'
import type { Attention, Found } from '../program/find-attention.ts'
import type { Builder } from './builder.ts'
import type { Values } from './composite.ts'
import { axesOf, laidOut, operand } from './product.ts'
import { type Attend, type Beside, type View } from './step.ts'
import { first, type Users } from '../program/users.ts'
import { permuted, whole } from './view.ts'

/** A head's numbers are read 16 at a time; more than these do not fit into registers. */
const SIZES = [16, 32, 48, 64]
/** Below this, scores are few, and the matrix units have nothing to hold on to. */
const FEWEST_QUERIES = 16

/**
 * A node of an attention as a step that does it in one kernel; 'between' where the node lies inside of that kernel; null
 * where this attention has a shape for which there is no such kernel.
 */
export function attend({
  found: { attention, role },
  build,
  values: { viewOf },
  users,
}: {
  found: Found
  build: Builder
  values: Values
  users: Users
}): View | 'between' | null {
  const { scores, bias, mask, context, backward } = attention
  if (!hasKernel(attention, (value) => viewOf(value).step.element === 'half')) return null
  if (role === 'between') return 'between'
  const inFloat = (view: View) =>
    view.step.element === 'float' && view.step.kind !== 'literal' ? view : build.copy(view, 'float')
  const turned = (view: View) => permuted(view, [0, 1, 3, 2])
  const reads = [
    aligned(operand(viewOf(of(scores, 0)), scores, 'A'), build),
    aligned(turned(operand(viewOf(of(scores, 1)), scores, 'B')), build),
    aligned(operand(viewOf(of(context, 1)), context, 'B'), build),
    inFloat(viewOf(bias)),
  ]
  const add = (part: Attend['part'], node: typeof context, inputs: readonly View[]): View => {
    const { shape, strides } = laidOut(node, users)
    const { step } = build.add<Attend>({
      kind: 'attend',
      part,
      scale: scores.attributes.scale,
      up: context.attributes.scale,
      dropout: mask ? { place: mask.attributes.place, rate: mask.attributes.rate } : null,
      strides: strides.slice(0, 3),
      beside: null,
      inputs,
      shape,
      element: 'half',
    })
    return { step, shape: first(node.outputs).shape, strides, offset: 0 }
  }
  const beside = (made: View, shape: readonly number[], element: 'float' | 'half'): Beside => {
    const step = made.step as Attend
    return (step.beside ??= build.add<Beside>({ kind: 'beside', inputs: [whole(step)], shape, element }).step as Beside)
  }

  const made = add('forward', context, reads)
  if (role === 'context' || !backward) return made
  const dContext = aligned(operand(viewOf(of(backward.flow, 0)), backward.flow, 'A'), build)
  const norms = whole(beside(made, made.shape.slice(0, 3), 'float'))
  const dQuery = add('query', backward.dQuery, [...reads, dContext, norms, made])
  if (role === 'dQuery') return dQuery
  const shifts = whole(beside(dQuery, made.shape.slice(0, 3), 'float'))
  const dKeys = add('keys', backward.dKeys, [...reads, dContext, norms, shifts])
  if (role === 'dKeys') return dKeys
  return { ...dKeys, step: beside(dKeys, dKeys.step.shape, 'half') }
}

/** Whether the shapes are those of a kernel, and what it reads in half precision. */
export function hasKernel(
  { scores, bias, context, backward }: Attention,
  isKeptInHalf: (value: Value) => boolean,
): boolean {
  const query = of(scores, 0)
  const [batch = 1, heads = 1, queries = 1, size = 1] = axesOf(query, scores, 'A').map((axis) => query.shape[axis])
  const isHalf = scores.inputs.every(isKeptInHalf)
  // Gradients of keys and values lie beside each other, alike.
  const alike =
    !backward || String(first(backward.dKeys.outputs).shape) === String(first(backward.dValues.outputs).shape)
  const isWide = first(context.outputs).shape.length === 4
  // What is added to a score must be the token's alone.
  const [, perHead, perQuery] = bias.shape
  const isOfToken = bias.shape.length === 4 && perHead === 1 && perQuery === 1
  return (
    isOfToken &&
    isHalf &&
    alike &&
    isWide &&
    scores.attributes.scale > 0 &&
    SIZES.includes(size) &&
    queries >= FEWEST_QUERIES &&
    batch * heads < 2 ** 16
  )
}

/** A view from which 16 bytes can be taken at once. */
function aligned(view: View, build: Builder): View {
  const { strides, offset, step } = view
  const isAligned = strides.at(-1) === 1 && [offset, ...strides.slice(0, -1)].every((each) => each % 8 === 0)
  return isAligned && step.element === 'half' ? view : build.copy(view, 'half')
}

function of({ inputs }: { inputs: readonly Value[] }, i: number): Value {
  const value = inputs[i]
  if (!value) throw new Error('A product has fewer than two operands')
  return value
}
