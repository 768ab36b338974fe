/**
 * MT19937 as torch's CPU generator and Python seed it (init_genrand): Matsumoto and Nishimura, 1998.
 * Only the low 32 bits of the seed count, as in torch.
 */
const SIZE = 624
const SHIFT = 397

/** Draws whole numbers from 0 to 2^32 − 1. */
export type NextUint32 = () => number

export function mt19937(seed: number): NextUint32 {
  const state = new Uint32Array(SIZE)
  state[0] = lowWord(seed)
  for (let i = 1; i < SIZE; i++) {
    const before = at(state, i - 1)
    state[i] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + i
  }
  let next = SIZE

  return () => {
    if (next === SIZE) {
      twist(state)
      next = 0
    }
    let y = at(state, next++)
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < SIZE; i++) {
    const y = (at(state, i) & 0x80000000) | (at(state, (i + 1) % SIZE) & 0x7fffffff)
    state[i] = at(state, (i + SHIFT) % SIZE) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
  }
}

/** The low 32 bits of a whole number below 2^53. */
function lowWord(seed: number): number {
  return Number(BigInt.asUintN(32, BigInt(seed)))
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
