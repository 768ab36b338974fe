import type { Arguments } from '../../run/arguments.ts'

/** How the numbers of a run are kept and multiplied. */
export type Precision = 'fp32' | 'tf32' | 'bf16' | 'fp16'

/** What the arguments ask for, as transformers reads them; null where they leave it to the card. */
export function precisionOf({ bf16, fp16, tf32 }: Pick<Arguments, 'bf16' | 'fp16' | 'tf32'>): Precision | null {
  if (bf16 === true) return 'bf16'
  if (fp16 === true) return 'fp16'
  if (tf32 !== null) return tf32 ? 'tf32' : 'fp32'
  return bf16 === false ? 'tf32' : null
}
