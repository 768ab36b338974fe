import { mt19937 } from './random/mt19937.ts'
import { normals } from './random/normal.ts'
import type { Weight } from './safetensors.ts'

export interface NewTensor {
  name: string
  shape: readonly number[]
  /** A Linear's weight is drawn from N(0, std), its bias is zeros. */
  kind: 'normal' | 'zeros'
}

/**
 * The weights that a checkpoint does not have, as `from_pretrained` draws them after `set_seed(seed)`: one generator, the
 * tensors in the order in which the model declares them.
 */
export function newHead({
  seed,
  std,
  tensors,
}: {
  seed: number
  std: number
  tensors: readonly NewTensor[]
}): Map<string, Weight> {
  const draw = normals(mt19937(seed))
  const head = new Map<string, Weight>()
  for (const { name, shape, kind } of tensors) {
    const n = shape.reduce((product, size) => product * size, 1)
    head.set(name, { shape, data: kind === 'zeros' ? new Float32Array(n) : draw({ n, std }) })
  }
  return head
}
