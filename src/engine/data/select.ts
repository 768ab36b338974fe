import type { Arguments } from '../../run/arguments.ts'
import { permutation } from '../random/pcg64.ts'

/** Places of the rows that a run uses of a split: `shuffle(shuffle_seed).select(range(most))` of the datasets library. */
export function select(rows: number, most: number | null, { shuffle_seed }: Pick<Arguments, 'shuffle_seed'>) {
  const order =
    shuffle_seed === null ? Uint32Array.from({ length: rows }, (_, i) => i) : permutation(rows, shuffle_seed)
  return order.subarray(0, most ?? rows)
}
