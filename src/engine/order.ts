import { mt19937 } from './random/mt19937.ts'

/**
 * The order in which Trainer reads the rows of an epoch (0 is the first): `torch.randperm(n)` of a generator seeded with
 * seed + epoch, as accelerate's SeedableRandomSampler does.
 */
export function epochOrder({ n, seed, epoch }: { n: number; seed: number; epoch: number }): Uint32Array {
  const next = mt19937(seed + epoch)
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = 0; i < n - 1; i++) {
    const j = i + (next() % (n - i))
    const swapped = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = swapped
  }
  return order
}
