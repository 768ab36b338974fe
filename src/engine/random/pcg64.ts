/**
 * NumPy's default generator: SeedSequence feeds PCG64 (XSL-RR 128/64). `default_rng(seed).permutation(n)` is what
 * `Dataset.shuffle` and `train_test_split` use, so the same seed selects the same rows.
 */
const MASK_64 = (1n << 64n) - 1n
const MASK_128 = (1n << 128n) - 1n
const MULTIPLIER = (2_549_297_995_355_413_924n << 64n) | 4_865_540_595_714_422_341n

/** The four words of SeedSequence(seed).pool. */
export function seedPool(seed: number): Uint32Array {
  let hash = 0x43b0d7e5
  const hashmix = (word: number) => {
    let value = word ^ hash
    hash = Math.imul(hash, 0x931e8875)
    value = Math.imul(value, hash)
    return value ^ (value >>> 16)
  }
  const mix = (x: number, y: number) => {
    const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)
    return mixed ^ (mixed >>> 16)
  }

  const entropy = words(seed)
  const pool = new Uint32Array(4)
  for (let i = 0; i < 4; i++) pool[i] = hashmix(entropy[i] ?? 0)
  for (let source = 0; source < 4; source++) {
    for (let target = 0; target < 4; target++) {
      if (source !== target) pool[target] = mix(pool[target] ?? 0, hashmix(pool[source] ?? 0))
    }
  }
  return pool
}

/** SeedSequence(seed).generate_state(4, uint64). */
export function seedState(seed: number): bigint[] {
  const pool = seedPool(seed)
  let hash = 0x8b51f9dd
  const drawn = Array.from({ length: 8 }, (_, i) => {
    let value = (pool[i % 4] ?? 0) ^ hash
    hash = Math.imul(hash, 0x58f38ded)
    value = Math.imul(value, hash)
    return BigInt((value ^ (value >>> 16)) >>> 0)
  })
  return [0, 2, 4, 6].map((i) => (drawn[i] ?? 0n) | ((drawn[i + 1] ?? 0n) << 32n))
}

/** The generator's next 64 raw bits. */
export function pcg64(seed: number): () => bigint {
  const [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = seedState(seed)
  const increment = ((((s2 << 64n) | s3) << 1n) | 1n) & MASK_128
  const step = (state: bigint) => (state * MULTIPLIER + increment) & MASK_128
  let state = step(step(0n) + ((s0 << 64n) | s1))

  return () => {
    state = step(state)
    const folded = (state >> 64n) ^ (state & MASK_64)
    const turn = state >> 122n
    return ((folded >> turn) | (folded << (64n - turn))) & MASK_64
  }
}

/** `np.random.default_rng(seed).permutation(n)`: a shuffle from the end, each place drawn by masked rejection. */
export function permutation(n: number, seed: number): Uint32Array {
  const next64 = pcg64(seed)
  let kept: number | null = null
  // The low half of 64 bits first, then the high half.
  const next32 = () => {
    if (kept !== null) {
      const high = kept
      kept = null
      return high
    }
    const bits = next64()
    kept = Number(bits >> 32n)
    return Number(bits & 0xffff_ffffn)
  }
  const upTo = (most: number) => {
    const mask = 2 ** (32 - Math.clz32(most)) - 1
    for (;;) {
      const drawn = (next32() & mask) >>> 0
      if (drawn <= most) return drawn
    }
  }

  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = upTo(i)
    const swapped = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = swapped
  }
  return order
}

/** A whole number below 2^53 as 32-bit words, low first. */
function words(seed: number): number[] {
  return seed < 2 ** 32 ? [seed] : [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]
}
