/*
 * The words in which attention multiplies (forward.ts, query.ts, keys.ts), for either form of matrix units. A tile is TILE
 * rows of SIZE half numbers in shared memory, in pieces of 16 bytes; `at` is the first row that is meant.
 *
 * In registers a product of 16 × 8 numbers lies as the matrix units of both forms leave it: lane 4g + t has columns 2t and
 * 2t + 1 of rows g and g + 8. Two of them side by side are, as half numbers, a left operand [16 × 16] of the next product.
 *
 *   PLACE(row, piece)                 where a piece lies in a tile
 *   OWN(name, i, from, stride, count) the 64 rows of the block as a left operand, the ith of two
 *   SCORES(to, left, tile, at)        begins float to[16 × 8 NEAR] = left · tileᵀ
 *   GATHER(to, left, tile, at)        begins to[16 × SIZE] += left · tile
 *   READY(to)                         all that was begun is done, `to` is there
 *   TILES_ARE_THERE                   what this thread brought is there, and no product that it began reads a tile any more
 */

/** A warp multiplies by itself, and waits for it. */
const BY_WARP = `
// A piece more than a row has: so eight rows of one column lie in different banks.
constexpr int LINE = SIZE + 8;
#define PLACE(row, piece) ((row) * LINE + (piece) * 8)
#define OWN(name, i, from, stride, count) \\
  unsigned name[PARTS][4]; \\
  UNROLLED for (int p = 0; p < PARTS; p++) UNROLLED for (int j = 0; j < 4; j++) { \\
    const int row = own + j % 2 * 8; \\
    name[p][j] = row < (count) ? *(const unsigned*)((from) + (size_t)row * (stride) + p * 16 + j / 2 * 8 + 2 * t) : 0u; }
#define SCORES(to, left, tile, at) \\
  float to[NEAR][4]; \\
  UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++) to[n][i] = 0.f; \\
  UNROLLED for (int p = 0; p < PARTS; p++) UNROLLED for (int n = 0; n < NEAR / 2; n++) { \\
    unsigned two[4]; \\
    loadTiles(two, tile + ((at) + n * 16 + lane % 8 + lane / 16 * 8) * LINE + p * 16 + lane / 8 % 2 * 8); \\
    multiply(to[2 * n], left[p], two[0], two[1]); \\
    multiply(to[2 * n + 1], left[p], two[2], two[3]); }
#define GATHER(to, left, tile, at) \\
  UNROLLED for (int p = 0; p < NEAR / 2; p++) UNROLLED for (int n = 0; n < PARTS; n++) { \\
    unsigned two[4]; \\
    loadTilesTurned(two, tile + ((at) + p * 16 + lane % 16) * LINE + n * 16 + lane / 16 * 8); \\
    multiply(to[2 * n], left[p], two[0], two[1]); \\
    multiply(to[2 * n + 1], left[p], two[2], two[3]); }
#define READY(to)
#define TILES_ARE_THERE waitForCopies();`

/** Four warps, a block, multiply together, and each may go on meanwhile. */
const BY_WARPGROUP = `
constexpr int LINE = SIZE;
// The matrix units swap the pieces of each 128 bytes about, or of less where a row is shorter, by the place of the 128 bytes.
#define PLACE(row, piece) ((row) * SIZE + ((piece) ^ (row) * SIZE / 64 % (SIZE / 8)) * 8)
// Read from a tile: in registers it would take room that more blocks at once make better use of.
#define OWN(name, i, from, stride, count) \\
  BRING(ownTiles[i], SOURCE(from, stride) + (size_t)blockIdx.x * TILE * (stride), stride, (int)blockIdx.x * TILE, count) \\
  const word_t name = describe<SIZE>(ownTiles[i]);
// 16 columns of a row are 32 bytes, 16 rows are 32 · SIZE; descriptors count by 16.
#define SCORES(to, left, tile, at) \\
  float to[NEAR][4]; { \\
    const word_t right = describe<SIZE>(tile + (at) * LINE); \\
    beginProducts(); \\
    UNROLLED for (int p = 0; p < PARTS; p++) multiplyOwn<8 * NEAR>(to, left + 2 * p, right + 2 * p, p > 0); \\
    endProducts(); }
#define GATHER(to, left, tile, at) { \\
    const word_t right = describe<SIZE>(tile + (at) * LINE); \\
    beginProducts(); \\
    UNROLLED for (int p = 0; p < NEAR / 2; p++) multiplyTurned<SIZE>(to, left[p], right + 2 * SIZE * p); \\
    endProducts(); }
#define READY(to) waitForProducts(); held(to);
#define TILES_ARE_THERE waitForCopies(); showCopies(); waitForProducts();`

export const WORDS = { warp: BY_WARP, warpgroup: BY_WARPGROUP }

/** A name is for one kernel. */
export const END_OF_WORDS = ['PLACE', 'OWN', 'SCORES', 'GATHER', 'READY', 'TILES_ARE_THERE']
  .map((name) => `#undef ${name}`)
  .join('\n')
