import type { Value } from '../../../tracer/node.ts'
import type { Attention } from './find-attention.ts'
import { axesOf, operandOf } from './operands.ts'
import { first } from './users.ts'

/** A head's numbers are read 16 at a time; more than these do not fit into registers. */
const SIZES = [16, 32, 48, 64]
/** Below this, scores are few, and the matrix units have nothing to hold on to. */
const FEWEST_QUERIES = 16

/** Whether the shapes are those of a kernel, and what it reads in half precision. */
export function hasKernel(
  { scores, bias, context, backward }: Attention,
  isKeptInHalf: (value: Value) => boolean,
): boolean {
  const query = operandOf(scores, 0)
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
