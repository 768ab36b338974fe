import { STAGES, THREADS } from './shape.ts'

/*
 * The words in which all three kernels of attention are written, besides those for products (products.ts): where a thread
 * stands, how tiles come into shared memory and are gone through, and how numbers in registers are met one by one. A
 * kernel begins with `start` and ends with `END`: names are for one kernel.
 *
 *   SOURCE, BRING       bring a tile of rows, 16 bytes a thread, without waiting; zeros behind the last row
 *   EACH_COLUMN         every thread in turn has a column; AMONG_COLUMNS is where its number lies in `ofColumns`
 *   FIRST, THROUGH      begin with the first tile; go through all, `first` and `second` being the two that are there
 *   MEANWHILE           bring the next ones, once products of these are on their way
 *   NOTHING             zeros to add up in, [16 rows of a warp × SIZE]
 *   EACH_PAIR, OF       the numbers of a product in registers: p, h, r and c say which
 *   LEAVE               write what was added up, as half numbers
 *   BIAS                what is added to a score, 0 for a token that is there, so little that no weight is left for another
 */

/** This much taken from a score makes its weight nothing, and is small enough for the exponent of a row without any other. */
const MASKED = -1e5

/** A number as C reads it, to the last bit of a 32-bit float. */
export function literal(value: number): string {
  return `${Math.fround(value).toExponential(9)}f`
}

/** The first words of a kernel whose scores are multiplied by `scale`. */
export const start = (scale: number) => `
const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
const int batch = blockIdx.y / heads, head = blockIdx.y % heads;
const int own = blockIdx.x * TILE + threadIdx.x / 32 * 16 + g;
q += qOffset + (size_t)batch * qBatch + head * qHead;
k += kOffset + (size_t)batch * kBatch + head * kHead;
v += vOffset + (size_t)batch * vBatch + head * vHead;
bias += biasOffset + (size_t)batch * biasBatch;
to += (size_t)batch * toBatch + head * toHead;
half_t (*ownTiles)[TILE * LINE] = (half_t (*)[TILE * LINE])sharedOfBlock;
half_t (*tiles)[2][TILE * LINE] = (half_t (*)[2][TILE * LINE])(ownTiles + OWN_TILES);
// A row's pieces are brought by threads side by side. Of 48 numbers there are six, and two of eight threads do nothing.
constexpr int ACROSS = SIZE == 48 ? 8 : SIZE / 8, DOWN = ${THREADS} / ACROSS;
const int fromRow = threadIdx.x / ACROSS, fromPiece = threadIdx.x % ACROSS;
#define SOURCE(from, stride) (from) + fromRow * (stride) + fromPiece * 8
// A tile of rows from \`begin\` on, of which \`from\` is what this thread reads first; zeros behind the last.
#define BRING(tile, from, stride, begin, count) \
  UNROLLED for (int row = 0; row < TILE; row += DOWN) \
    if (SIZE != 48 || fromPiece < 6) \
      copy16((tile) + PLACE(fromRow, fromPiece) + row * LINE, (from) + row * (stride), (begin) + fromRow + row < (count));
// Of each column some numbers lie behind the tiles, those of four columns that a thread has in two tiles of 8 side by side.
float* ofColumns = (float*)(tiles + ${STAGES});
struct alignas(16) Four { float of[4]; };
struct alignas(16) FourDraws { unsigned of[4]; };
#define FOUR_DRAWS(p) ((const FourDraws*)draws)[(start + at) / 4 + (p) * 4 + t]
#define EACH_COLUMN(count) for (int begin = 0, i = threadIdx.x; begin < (count); begin += ${THREADS}, i += ${THREADS})
#define AMONG_COLUMNS(i) ((i) / 16 * 16 + (i) % 8 / 2 * 4 + (i) % 16 / 8 * 2 + (i) % 2)
#define FOUR(name, p) ((const Four*)name)[(start + at) / 4 + (p) * 4 + t]
#define FIRST(bring) { bring(0, 0) } endOfCopies();
#define THROUGH(count) \
  for (int start = 0, stage = 0; start < (count); start += TILE, stage ^= 1) { \
    TILES_ARE_THERE \
    sync(); \
    const half_t *first = tiles[stage][0], *second = tiles[stage][1]; \
    ONE_BY_ONE for (int at = 0; at < TILE; at += 8 * NEAR) {
#define MEANWHILE(count, bring) \
  if (at == 0) { \
    if (start + TILE < (count)) { bring(stage ^ 1, start + TILE) } \
    endOfCopies(); }
#define NOTHING(name) float name[2 * PARTS][4]; UNROLLED for (int n = 0; n < 2 * PARTS; n++) UNROLLED for (int i = 0; i < 4; i++) name[n][i] = 0.f;
// Four numbers each of NEAR tiles, by pairs: p is of which two tiles, h which of them, r row own or own + 8, c which column.
#define EACH_PAIR UNROLLED for (int p = 0; p < NEAR / 2; p++) UNROLLED for (int h = 0; h < 2; h++) UNROLLED for (int r = 0; r < 2; r++)
#define EACH_NUMBER EACH_PAIR UNROLLED for (int c = 0; c < 2; c++)
#define OF(name) name[2 * p + h][2 * r + c]
// Factors for rows own and own + 8.
#define LEAVE(to, from, count, factor0, factor1) \
  UNROLLED for (int n = 0; n < 2 * PARTS; n++) { \
    if (own < (count)) *(unsigned*)((to) + (size_t)own * toRow + n * 8 + 2 * t) = pack(from[n][0] * (factor0), from[n][1] * (factor0)); \
    if (own + 8 < (count)) *(unsigned*)((to) + (size_t)(own + 8) * toRow + n * 8 + 2 * t) = pack(from[n][2] * (factor1), from[n][3] * (factor1)); }
// What is added to the product of a query and a token, before it is multiplied by \`scale\`.
#define BIAS(token) ((token) < tokens ? fmaxf(bias[(size_t)(token) * biasColumn] * ${literal(1 / scale)}, ${literal(MASKED)}) : ${literal(2 * MASKED)})
`

/** The last ones: all names are given back. */
export const END = [
  'IS_KEPT',
  'ROW_DRAW',
  'COLUMN_DRAW',
  'SOURCE',
  'BRING',
  'EACH_COLUMN',
  'AMONG_COLUMNS',
  'FOUR',
  'FOUR_DRAWS',
  'FIRST',
]
  .concat(['THROUGH', 'MEANWHILE', 'NOTHING', 'EACH_PAIR', 'EACH_NUMBER', 'OF', 'LEAVE', 'BIAS'])
  .concat(['BRING_TOKENS', 'BRING_QUERIES', 'ADD_BIASES'])
  .map((name) => `#undef ${name}`)
  .join('\n')
