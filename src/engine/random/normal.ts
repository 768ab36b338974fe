import { type NextUint32 } from './mt19937.ts'

/**
 * Draws `torch.empty(n).normal_(0, std)` as torch's CPU generator does, one tensor after the other from the same `next`
 * (within 4e-9 at std 0.02: torch computes the logarithm and the sine in float32).
 */
export function normals(next: NextUint32): (tensor: { n: number; std: number }) => Float32Array {
  const single = singles(next)
  return ({ n, std }) => (n < 16 ? Float32Array.from({ length: n }, () => single() * std) : inBlocks(n, std, next))
}

/** Blocks of 16: Box-Muller of the first 8 uniforms with the last 8. */
function inBlocks(n: number, std: number, next: NextUint32): Float32Array {
  const values = new Float32Array(n)
  const uniform = () => (next() & 0xffffff) * 2 ** -24
  for (let i = 0; i < n; i++) values[i] = uniform()
  for (let start = 0; start + 16 <= n; start += 16) boxMuller(values.subarray(start, start + 16), std)
  if (n % 16 !== 0) {
    const last = values.subarray(n - 16)
    for (let i = 0; i < 16; i++) last[i] = uniform()
    boxMuller(last, std)
  }
  return values
}

function boxMuller(block: Float32Array, std: number): void {
  for (let j = 0; j < 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - (block[j] ?? 0)))
    const angle = 2 * Math.PI * (block[j + 8] ?? 0)
    block[j] = radius * Math.cos(angle) * std
    block[j + 8] = radius * Math.sin(angle) * std
  }
}

/** What tensors of fewer than 16 values are made of: pairs of doubles, the second of a pair kept for the next value. */
function singles(next: NextUint32): () => number {
  // 53 random bits: the first word drawn is the high one.
  const uniform = () => {
    const high = next()
    const low = next()
    return ((high & 0x1fffff) * 2 ** 32 + low) * 2 ** -53
  }
  let kept: number | null = null
  return () => {
    if (kept !== null) {
      const second = kept
      kept = null
      return second
    }
    const angle = 2 * Math.PI * uniform()
    const radius = Math.sqrt(-2 * Math.log1p(-uniform()))
    kept = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
