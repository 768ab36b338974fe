import type { Found } from '../program/find-attention.ts'
import { hasKernel } from '../program/has-kernel.ts'
import { operandOf } from '../program/operands.ts'
import { first, type Users } from '../program/users.ts'
import type { Builder } from './builder.ts'
import { laidOut, operand } from './product.ts'
import { type Attend, type Beside, type View } from './step.ts'
import type { Values } from './values.ts'
import { permuted, whole } from './view.ts'

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
    aligned(operand(viewOf(operandOf(scores, 0)), scores, 'A'), build),
    aligned(turned(operand(viewOf(operandOf(scores, 1)), scores, 'B')), build),
    aligned(operand(viewOf(operandOf(context, 1)), context, 'B'), build),
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
  const dContext = aligned(operand(viewOf(operandOf(backward.flow, 0)), backward.flow, 'A'), build)
  const norms = whole(beside(made, made.shape.slice(0, 3), 'float'))
  const dQuery = add('query', backward.dQuery, [...reads, dContext, norms, made])
  if (role === 'dQuery') return dQuery
  const shifts = whole(beside(dQuery, made.shape.slice(0, 3), 'float'))
  const dKeys = add('keys', backward.dKeys, [...reads, dContext, norms, shifts])
  if (role === 'dKeys') return dKeys
  return { ...dKeys, step: beside(dKeys, dKeys.step.shape, 'half') }
}

/** A view from which 16 bytes can be taken at once. */
function aligned(view: View, build: Builder): View {
  const { strides, offset, step } = view
  const isAligned = strides.at(-1) === 1 && [offset, ...strides.slice(0, -1)].every((each) => each % 8 === 0)
  return isAligned && step.element === 'half' ? view : build.copy(view, 'half')
}
