/** The number from which the kernels draw dropout masks: as executors/onnx/draws.ts begins, so that both draw the same. */
export function drawOf({ seed, step }: { seed: number; step: number }): number {
  return mix(mix(seed) ^ step) >>> 0
}

/** murmur3's finalizer. */
function mix(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
