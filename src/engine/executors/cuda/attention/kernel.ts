import { END_OF_WORDS, WORDS } from './words.ts'
import type { Form } from '../kernel/form.ts'
import { type Argument, kernelOf, type KernelLaunch, type Parameter } from '../kernel/kernel.ts'
import type { Attend, Step, View } from '../lower/step.ts'

/*
 * Attention without scores in memory: a block takes 64 rows of one head, a warp 16 of them, and goes through the others a
 * tile of 64 at a time. The forward kernel keeps a running maximum and sum of each row; the backward ones make the weights
 * again from the norm that it left, log₂ of the sum of 2^score. Scores are multiplied by log₂ e where they become exponents,
 * so that those are of 2. How products are made, and how numbers lie in registers, is said in words.ts.
 */

/** Rows of a tile, and of a block: 16 for each warp. */
const TILE = 64
const THREADS = 128
/** While one tile is worked with, the next is on its way. */
const STAGES = 2
const LOG2E = Math.LOG2E
/** This much taken from a score makes its weight nothing, and is small enough for the exponent of a row without any other. */
const MASKED = -1e5

interface Shape {
  /** So many tiles of 8 columns are in registers at once: forward all, where a row's greatest is looked for once. */
  near: number
  /** So many blocks at once hide what each waits for; more would not find room for their numbers in registers. */
  blocks: number
}

const SHAPES: Record<'warp' | 'warpgroup', Record<Attend['part'], Shape>> = {
  warp: { forward: { near: 8, blocks: 3 }, query: { near: 4, blocks: 3 }, keys: { near: 4, blocks: 3 } },
  warpgroup: { forward: { near: 8, blocks: 4 }, query: { near: 8, blocks: 4 }, keys: { near: 8, blocks: 3 } },
}

/** The launch of an attention, forward or of one of its gradients. */
export function attendKernel({ step, form }: { step: Attend; form: Form }): KernelLaunch {
  const { part, scale, up, dropout, beside } = step
  const [q, k, v, bias, dContext, norms, last] = step.inputs as [View, View, View, View, View?, View?, View?]
  const [batch = 1, heads = 1, queries = 1, size = 1] = q.shape
  const tokens = k.shape[2] ?? 1
  const rows = part === 'keys' ? tokens : queries
  // Rows of 48 numbers are none that the matrix units of a warpgroup find.
  const tiles = form.tiles === 'warpgroup' && size !== 48 ? 'warpgroup' : 'warp'
  const { near, blocks } = SHAPES[tiles][part]
  // A power of two, so that few lengths need kernels of their own.
  const columns = Math.max(512, 2 ** Math.ceil(Math.log2(part === 'keys' ? queries : tokens)))
  const parameters: Parameter[] = []
  const given: Argument[] = []
  const pointer = (name: string, of: Step) => {
    parameters.push({ name, type: of.element, pointer: true })
    given.push({ kind: 'step', step: of })
  }
  const int = (name: string, value: number) => {
    parameters.push({ name, type: 'int', pointer: false })
    given.push({ kind: 'integer', value })
  }
  const ownTiles = tiles === 'warp' ? 0 : part === 'forward' ? 1 : 2
  const constants = [
    `constexpr int OWN_TILES = ${ownTiles}, SIZE = ${size}, PARTS = SIZE / 16, NEAR = ${near}, TILE = ${TILE}, COLUMNS = ${columns};`,
    `const float toScores = ${literal(scale * LOG2E)}, scale = ${literal(scale)}, up = ${literal(up)};`,
    `#define IS_KEPT(row, column) ${dropout ? `isKeptBy(row, column, ${Math.round((dropout.rate - 0.5) * 2 ** 32)})` : 'true'}`,
    ...(dropout ? ['const unsigned rowsKey = keyOf(*draw, 2 * place), columnsKey = keyOf(*draw, 2 * place + 1);'] : []),
    `#define ROW_DRAW(row) ${dropout ? 'drawOf(rowsKey, blockIdx.y * queries + (row))' : '0u'}`,
    `#define COLUMN_DRAW(column) ${dropout ? 'drawOf(columnsKey, column)' : '0u'}`,
  ]
  /** A view's rows: where the first begins, the strides to the next batch and head, and, known to the compiler, row. */
  const read = (name: string, view: View) => {
    pointer(name, view.step)
    int(`${name}Offset`, view.offset)
    ;['Batch', 'Head'].forEach((axis, i) => int(`${name}${axis}`, view.strides[i] ?? 0))
    constants.push(`constexpr int ${name}Row = ${view.strides[2] ?? 0};`)
  }
  read('q', q)
  read('k', k)
  read('v', v)
  pointer('bias', bias.step)
  int('biasOffset', bias.offset)
  int('biasBatch', bias.shape[0] === 1 ? 0 : (bias.strides[0] ?? 0))
  int('biasColumn', bias.strides[3] ?? 0)
  if (dContext && norms && last) {
    read('d', dContext)
    pointer('norms', norms.step)
    if (part === 'query') read('context', last)
    else pointer('shifts', last.step)
  }
  pointer('to', step)
  if (beside) pointer('beside', beside)
  ;['toBatch', 'toHead', 'toRow'].forEach((name, i) => int(name, step.strides[i] ?? 0))
  int('heads', heads)
  int('queries', queries)
  int('tokens', tokens)
  if (dropout) {
    parameters.push({ name: 'draw', type: 'word', pointer: true })
    given.push({ kind: 'draw' })
    int('place', dropout.place)
  }
  const body = { forward: forward(beside !== null), query: query(beside !== null), keys: KEYS }[part]
  const text = [...constants, WORDS[tiles], start(scale), body, END, END_OF_WORDS].join('\n')
  const line = tiles === 'warp' ? size + 8 : size
  const inTiles = (2 * STAGES + ownTiles) * TILE * line * 2
  return {
    kind: 'kernel',
    kernel: kernelOf(
      `attend_${part}`,
      parameters,
      text,
      { threads: THREADS, blocks },
      inTiles + (part === 'keys' ? 3 : 2) * columns * 4,
    ),
    grid: [Math.ceil(rows / TILE), batch * heads],
    threads: THREADS,
    arguments: given,
    scratch: 0,
    counters: 0,
  }
}

/** Where a thread stands, and the words that all three are written in. */
const start = (scale: number) => `
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
const END = [
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

/** Keys and values of tokens, and of all tokens the biases and draws. */
const TOKENS = `
float* biases = ofColumns;
unsigned* draws = (unsigned*)(ofColumns + COLUMNS);
const half_t *fromK = SOURCE(k, kRow), *fromV = SOURCE(v, vRow);
#define BRING_TOKENS(stage, begin) \
  BRING(tiles[stage][0], fromK + (size_t)(unsigned)(begin) * kRow, kRow, begin, tokens) \
  BRING(tiles[stage][1], fromV + (size_t)(unsigned)(begin) * vRow, vRow, begin, tokens)
FIRST(BRING_TOKENS)
EACH_COLUMN(tokens) {
  biases[AMONG_COLUMNS(i)] = BIAS(i);
  draws[AMONG_COLUMNS(i)] = COLUMN_DRAW(i);
}
// Few tiles have tokens with a bias, or end before their last row.
#define ADD_BIASES(to) \
  if (isAnyOfWarp(biases[start + 2 * lane] != 0.f || biases[start + 2 * lane + 1] != 0.f)) \
    EACH_NUMBER OF(to) += FOUR(biases, p).of[2 * h + c];`

const forward = (leavesNorms: boolean) => `
OWN(left, 0, q, qRow, queries)
${TOKENS}
NOTHING(made)
float most[2] = {-1e38f, -1e38f}, sum[2] = {0.f, 0.f};
const unsigned rowDraw[2] = {ROW_DRAW(own), ROW_DRAW(own + 8)};
THROUGH(tokens)
  SCORES(weights, left, first, at)
  MEANWHILE(tokens, BRING_TOKENS)
  READY(weights)
  ADD_BIASES(weights)
  float greatest[2] = {weights[0][0], weights[0][2]};
  EACH_NUMBER greatest[r] = fmaxf(greatest[r], OF(weights));
  bool isMore = false;
  UNROLLED for (int r = 0; r < 2; r++) {
    greatest[r] = fmaxf(greatest[r], fromLane(greatest[r], 1));
    greatest[r] = fmaxf(greatest[r], fromLane(greatest[r], 2)) * toScores;
    isMore = isMore || greatest[r] > most[r] + 8.f;
  }
  // Weights are parts of 2^most. That follows the greatest score only where a weight would be above 2^8: seldom.
  if (isAnyOfWarp(isMore)) UNROLLED for (int r = 0; r < 2; r++) {
    greatest[r] = fmaxf(most[r], greatest[r]);
    const float factor = powerOf2(most[r] - greatest[r]);
    most[r] = greatest[r];
    sum[r] *= factor;
    UNROLLED for (int n = 0; n < 2 * PARTS; n++) { made[n][2 * r] *= factor; made[n][2 * r + 1] *= factor; }
  }
  unsigned kept[NEAR / 2][4];
  EACH_PAIR {
    float two[2];
    UNROLLED for (int c = 0; c < 2; c++) {
      const float weight = powerOf2(OF(weights) * toScores - most[r]);
      sum[r] += weight;
      two[c] = IS_KEPT(rowDraw[r], FOUR_DRAWS(p).of[2 * h + c]) ? weight : 0.f;
    }
    kept[p][2 * h + r] = pack(two[0], two[1]);
  }
  GATHER(made, kept, second, at)
}}
READY(made)
UNROLLED for (int r = 0; r < 2; r++) {
  sum[r] += fromLane(sum[r], 1);
  sum[r] += fromLane(sum[r], 2);
}
LEAVE(to, made, queries, up / sum[0], up / sum[1])
${
  leavesNorms
    ? `if (t == 0) UNROLLED for (int r = 0; r < 2; r++)
  if (own + 8 * r < queries) beside[(size_t)blockIdx.y * queries + own + 8 * r] = most[r] + log2f(sum[r]);`
    : ''
}`

/**
 * The gradient of a score is its weight times what flows to it less the row's shift, the sum over the row of both multiplied:
 * the context times its gradient. Here and in KEYS both are reckoned without \`up\`, which the result is multiplied by.
 */
const query = (leavesShifts: boolean) => `
d += dOffset + (size_t)batch * dBatch + head * dHead;
context += contextOffset + (size_t)batch * contextBatch + head * contextHead;
OWN(left, 0, q, qRow, queries)
OWN(leftD, 1, d, dRow, queries)
${TOKENS}
NOTHING(made)
float norm[2] = {0.f, 0.f}, shift[2] = {0.f, 0.f};
UNROLLED for (int r = 0; r < 2; r++) {
  const int row = own + 8 * r;
  if (row < queries) {
    norm[r] = norms[(size_t)blockIdx.y * queries + row];
    UNROLLED for (int n = 0; n < 2 * PARTS; n++) {
      float one[2], other[2];
      loadWide<2>(context + (size_t)row * contextRow + n * 8 + 2 * t, one);
      loadWide<2>(d + (size_t)row * dRow + n * 8 + 2 * t, other);
      shift[r] += one[0] * other[0] + one[1] * other[1];
    }
  }
  shift[r] += fromLane(shift[r], 1);
  shift[r] += fromLane(shift[r], 2);
  shift[r] *= 1.f / up;
  ${leavesShifts ? 'if (t == 0 && row < queries) beside[(size_t)blockIdx.y * queries + row] = shift[r];' : ''}
}
const unsigned rowDraw[2] = {ROW_DRAW(own), ROW_DRAW(own + 8)};
THROUGH(tokens)
  SCORES(weights, left, first, at)
  SCORES(flow, leftD, second, at)
  MEANWHILE(tokens, BRING_TOKENS)
  READY(weights)
  READY(flow)
  ADD_BIASES(weights)
  unsigned slopes[NEAR / 2][4];
  EACH_PAIR {
    float two[2];
    UNROLLED for (int c = 0; c < 2; c++) {
      const float weight = powerOf2(OF(weights) * toScores - norm[r]);
      two[c] = weight * ((IS_KEPT(rowDraw[r], FOUR_DRAWS(p).of[2 * h + c]) ? OF(flow) : 0.f) - shift[r]);
    }
    slopes[p][2 * h + r] = pack(two[0], two[1]);
  }
  GATHER(made, slopes, first, at)
}}
READY(made)
LEAVE(to, made, queries, scale * up, scale * up)`

/** Rows are tokens here, and columns queries. */
const KEYS = `
d += dOffset + (size_t)batch * dBatch + head * dHead;
beside += (size_t)batch * toBatch + head * toHead;
OWN(left, 0, k, kRow, tokens)
OWN(leftV, 1, v, vRow, tokens)
float *theirNorms = ofColumns, *theirShifts = ofColumns + COLUMNS;
unsigned* draws = (unsigned*)(ofColumns + 2 * COLUMNS);
const half_t *fromQ = SOURCE(q, qRow), *fromD = SOURCE(d, dRow);
#define BRING_QUERIES(stage, begin) \
  BRING(tiles[stage][0], fromQ + (size_t)(unsigned)(begin) * qRow, qRow, begin, queries) \
  BRING(tiles[stage][1], fromD + (size_t)(unsigned)(begin) * dRow, dRow, begin, queries)
FIRST(BRING_QUERIES)
EACH_COLUMN(queries) {
  theirNorms[AMONG_COLUMNS(i)] = i < queries ? norms[(size_t)blockIdx.y * queries + i] : 0.f;
  theirShifts[AMONG_COLUMNS(i)] = i < queries ? shifts[(size_t)blockIdx.y * queries + i] : 0.f;
  draws[AMONG_COLUMNS(i)] = ROW_DRAW(i);
}
NOTHING(made)
NOTHING(madeV)
const float ownBias[2] = {BIAS(own), BIAS(own + 8)};
const bool isBiased = isAnyOfWarp(ownBias[0] != 0.f || ownBias[1] != 0.f);
const unsigned columnDraw[2] = {COLUMN_DRAW(own), COLUMN_DRAW(own + 8)};
THROUGH(queries)
  SCORES(weights, left, first, at)
  SCORES(flow, leftV, second, at)
  MEANWHILE(queries, BRING_QUERIES)
  READY(weights)
  READY(flow)
  if (isBiased) EACH_NUMBER OF(weights) += ownBias[r];
  unsigned kept[NEAR / 2][4], slopes[NEAR / 2][4];
  EACH_PAIR {
    float two[2], slope[2];
    UNROLLED for (int c = 0; c < 2; c++) {
      const float weight = powerOf2(OF(weights) * toScores - FOUR(theirNorms, p).of[2 * h + c]);
      two[c] = IS_KEPT(FOUR_DRAWS(p).of[2 * h + c], columnDraw[r]) ? weight : 0.f;
      slope[c] = two[c] * OF(flow) - weight * FOUR(theirShifts, p).of[2 * h + c];
    }
    kept[p][2 * h + r] = pack(two[0], two[1]);
    slopes[p][2 * h + r] = pack(slope[0], slope[1]);
  }
  GATHER(made, slopes, first, at)
  GATHER(madeV, kept, second, at)
}}
READY(made)
READY(madeV)
LEAVE(to, made, tokens, scale * up, scale * up)
LEAVE(beside, madeV, tokens, up, up)`

function literal(value: number): string {
  return `${Math.fround(value).toExponential(9)}f`
}
