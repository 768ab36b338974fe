import type { HalfType } from './half.ts'

/*
 * Words for the matrix units of Hopper (compute capability 9.0): the four warps of a block ask together, and go on while it
 * is done. Operands are tiles in shared memory: rows of SIZE half numbers, 2 · SIZE bytes each, one behind the other, in
 * which the pieces of 16 bytes are swapped about so that eight rows of one column lie in different banks.
 */

/** Where a tile is and how it lies, as the matrix units are told (PTX, "matrix descriptor"): lengths in units of 16 bytes. */
export const DESCRIBE = `
/** Rows of 128, 64 or 32 bytes are 1, 2 or 3. From eight rows to the next; the other stride is for tiles of longer rows. */
template <int SIZE> INLINE word_t describe(const half_t* tile) {
  const word_t eightRows = SIZE, rows = SIZE == 64 ? 1 : SIZE == 32 ? 2 : 3;
  return (word_t)((sharedAddress(tile) & 0x3ffffu) >> 4) | eightRows << 16 | eightRows << 32 | rows << 62;
}
`

/** Columns of a product: tokens of a step, or numbers of a head. */
const WIDTHS = [16, 32, 64]

export function warpgroupWords(half: HalfType): string {
  const type = half === 'bf16' ? 'bf16' : 'f16'
  const product = (columns: number, left: string, operands: string, adds: string, rest: string) => {
    const results = Array.from({ length: columns / 2 }, (_, i) => i)
    const to = results.map((i) => `"+f"(to[${i >> 2}][${i % 4}])`).join(', ')
    const ask = `{ .reg .pred adds; setp.ne.b32 adds, ${adds}, 0; wgmma.mma_async.sync.aligned.m64n${columns}k16.f32.${type}.${type} {${results.map((i) => `%${i}`).join(', ')}}, ${left}, ${rest} }`
    return `if constexpr (COLUMNS == ${columns}) asm volatile("${ask}" : ${to} : ${operands});`
  }
  const own = WIDTHS.map((columns) => {
    const n = columns / 2
    return product(
      columns,
      `%${n}`,
      '"l"(left), "l"(right), "r"((int)adds)',
      `%${n + 2}`,
      `%${n + 1}, adds, 1, 1, 0, 0;`,
    )
  })
  const turned = WIDTHS.map((columns) => {
    const n = columns / 2
    const left = `{%${n}, %${n + 1}, %${n + 2}, %${n + 3}}`
    const operands = '"r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "l"(right)'
    return product(columns, left, operands, '1', `%${n + 4}, adds, 1, 1, 1;`)
  })
  return `
INLINE unsigned sharedAddress(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }
${DESCRIBE}
/** to[64 × COLUMNS] = or += left[64 × 16] · right[COLUMNS × 16]ᵀ */
template <int COLUMNS> INLINE void multiplyOwn(float (*to)[4], word_t left, word_t right, bool adds) {
  ${own.join('\n  ')}
}
/** to[64 × COLUMNS] += left[64 × 16] · right[16 × COLUMNS] */
template <int COLUMNS> INLINE void multiplyTurned(float (*to)[4], const unsigned* left, word_t right) {
  ${turned.join('\n  ')}
}
/** Registers are as they should be: products may begin. */
INLINE void beginProducts() { asm volatile("wgmma.fence.sync.aligned;" : : : "memory"); }
INLINE void endProducts() { asm volatile("wgmma.commit_group.sync.aligned;" : : : "memory"); }
INLINE void waitForProducts() { asm volatile("wgmma.wait_group.sync.aligned 0;" : : : "memory"); }
/** Nothing that reads these numbers is done before this. */
template <int N> INLINE void held(float (&x)[N][4]) {
  UNROLLED for (int n = 0; n < N; n++) asm volatile("" : "+f"(x[n][0]), "+f"(x[n][1]), "+f"(x[n][2]), "+f"(x[n][3]) : : "memory");
}
/** What this thread has copied into shared memory is seen by the matrix units. */
INLINE void showCopies() { asm volatile("fence.proxy.async.shared::cta;" : : : "memory"); }
`
}
