import type { Form } from '../kernel/form.ts'

/*
 * How the threads of a block share a row: how many lanes it has, and how many elements of it, side by side, one of them
 * loads at once (V, the "width": up to 16 bytes).
 */

/** Rows up to this many columns are a warp's; longer ones take a block. */
const WARP_ROW = 1024
const BLOCK_LANES = 256

/** The most elements side by side that a row is a multiple of. */
export function widthOf(columns: number, widest: number): number {
  let width = widest
  while (columns % width !== 0) width /= 2
  return width
}

/** Threads that share a row: no more than can load `widest` elements each, as a head's 64 columns want 8. */
export function lanesOfRow(columns: number, widest: number, form: Form): number {
  if (form.lanes === 1) return 1
  if (columns > WARP_ROW) return BLOCK_LANES
  const loads = columns / widthOf(columns, widest)
  return Math.min(form.lanes, 2 ** Math.ceil(Math.log2(loads)))
}

/** As `widthOf`, preferring that the lanes share the row evenly. */
export function widthOfRow(columns: number, lanes: number, widest: number): number {
  for (let width = widest; width > 1; width /= 2) if (columns % (lanes * width) === 0) return width
  return columns % lanes === 0 ? 1 : widthOf(columns, widest)
}
