import type { Specialised } from './activations.ts'
import { first, type Users } from './users.ts'

/**
 * The values that are kept in half precision: activations, but for those whose rounding is felt most for what they cost.
 *
 * - What a LayerNorm reads and makes, which all layers after it are added to. torch's autocast keeps it in 32 bits too.
 *   Products still read it in half precision: the kernel that makes it writes both.
 * - Rows of a table of weights: those of the positions are the same for all rows of the batch.
 * - What has no axis of tokens, as the pooled output and the logits: a thousandth of the memory. Where a product makes it
 *   and another reads it, it would need a kernel of its own to be rounded, and stays in half precision.
 */
export function keptInHalf({
  program,
  activations,
  ofTokens,
  users,
}: Specialised & { users: Users }): ReadonlySet<number> {
  const half = new Set(activations)
  for (const node of program.nodes) {
    const result = first(node.outputs)
    if (node.op === 'LayerNorm') for (const { id } of [first(node.inputs), result]) half.delete(id)
    else if (node.op === 'Gather') half.delete(result.id)
    else if (!ofTokens.has(result.id) && !(node.op === 'MatMul' && isReadByProduct(result.id, users)))
      half.delete(result.id)
  }
  return half
}

/** Whether a product reads a value, or another view of it. */
function isReadByProduct(id: number, users: Users): boolean {
  return (users.get(id) ?? []).some(
    (reader) =>
      reader !== 'left' &&
      (reader.op === 'MatMul' ||
        ((reader.op === 'Reshape' || reader.op === 'Transpose') && isReadByProduct(first(reader.outputs).id, users))),
  )
}
