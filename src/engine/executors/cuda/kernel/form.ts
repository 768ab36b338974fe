/** What a device makes of a block: 32 lanes on a GPU, one where the kernels are checked by a C++ compiler. */
export interface Form {
  lanes: 1 | 32
  /** Who multiplies small matrices: a warp by itself (compute capability 8.0 and newer), or four together (9.0 alone). */
  tiles: 'warp' | 'warpgroup' | null
}

const THREADS = 256

/** Threads of a block where each has work of its own. */
export function threadsOf({ lanes }: Form): number {
  return lanes === 1 ? 1 : THREADS
}
