import type { Attend } from '../lower/step.ts'

/** Rows of a tile, and of a block: 16 for each warp. */
export const TILE = 64
export const THREADS = 128
/** While one tile is worked with, the next is on its way. */
export const STAGES = 2

/** What a block keeps in registers, and how many blocks a multiprocessor has at once. */
export interface Shape {
  /** So many tiles of 8 columns are in registers at once: forward all, where a row's greatest is looked for once. */
  near: number
  /** So many blocks at once hide what each waits for; more would not find room for their numbers in registers. */
  blocks: number
}

export const SHAPES: Record<'warp' | 'warpgroup', Record<Attend['part'], Shape>> = {
  warp: { forward: { near: 8, blocks: 3 }, query: { near: 4, blocks: 3 }, keys: { near: 4, blocks: 3 } },
  warpgroup: { forward: { near: 8, blocks: 4 }, query: { near: 8, blocks: 4 }, keys: { near: 8, blocks: 3 } },
}
