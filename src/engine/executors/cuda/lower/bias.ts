import type { NodeOf, Value } from '../../../tracer/node.ts'
import { first, pair, type Users } from '../program/users.ts'
import { isContiguous, type View } from './step.ts'

/*
 * A bias joins the product that it is added to where only products read the sum; elsewhere a kernel that reads the product
 * adds it for nothing.
 */

/** The addition of a vector to a product that nothing else reads, where only products read the sum. */
export function biasedProduct(node: NodeOf<'Add'>, users: Users): Value | null {
  const [a, b] = pair(node.inputs)
  for (const [product, vector] of [
    [a, b],
    [b, a],
  ] as const) {
    const alone = users.get(product.id)?.length === 1
    if (alone && vector.shape.length === 1 && vector.shape[0] === product.shape.at(-1)) {
      if (product.shape.length > 1 && onlyProductsRead(first(node.outputs), users)) return vector
    }
  }
  return null
}

function onlyProductsRead(value: Value, users: Users): boolean {
  const readers = users.get(value.id) ?? []
  return (
    readers.length > 0 &&
    readers.every((reader) => {
      if (reader === 'left') return false
      if (reader.op === 'MatMul') return true
      const isView = reader.op === 'Reshape' || reader.op === 'Transpose' || reader.op === 'Split'
      return isView && reader.outputs.every((output) => onlyProductsRead(output, users))
    })
  )
}

/** The vector that a product may add by itself. */
export function biasOf(node: NodeOf<'MatMul'>, users: Users, viewOf: (value: Value) => View): View | null {
  const [only] = users.get(first(node.outputs).id) ?? []
  if (only === undefined || only === 'left' || only.op !== 'Add') return null
  const vector = biasedProduct(only, users)
  const view = vector && viewOf(vector)
  return view && view.step.kind === 'input' && isContiguous(view) ? view : null
}
