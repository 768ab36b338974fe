/**
 * Odd numbers for dropout, as good as independent for each (seed, step, place, index). Counting instead of remembering:
 * a run that resumes at a step draws what it would have drawn.
 */
export function fillDraws(
  into: Int32Array,
  { seed, step, place }: { seed: number; step: number; place: number },
): void {
  const key = mix(mix(mix(seed) ^ step) + Math.imul(place, 0x9e3779b9))
  for (let i = 0; i < into.length; i++) into[i] = mix(key ^ Math.imul(i + 1, 0x85ebca6b)) | 1
}

/** murmur3's finalizer: every bit of the input moves every bit of the output. */
function mix(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
