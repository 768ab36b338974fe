import type { NodeOf, Value } from '../../../tracer/node.ts'

export function operandOf({ inputs }: { inputs: readonly Value[] }, i: number): Value {
  const value = inputs[i]
  if (!value) throw new Error('A product has fewer than two operands')
  return value
}

/** The axes of what is stored, in the order [...batches, rows, columns]. */
export function axesOf(
  { shape }: { shape: readonly number[] },
  { attributes }: NodeOf<'MatMul'>,
  side: 'A' | 'B',
): number[] {
  const axes = shape.map((_, axis) => axis)
  if (attributes[`rowsFirst${side}`]) axes.splice(-1, 0, ...axes.splice(0, 1))
  if (attributes[`transpose${side}`]) axes.push(...axes.splice(-2, 1))
  return axes
}
