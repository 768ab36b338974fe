import { type Argument, kernelOf, type KernelLaunch, type Parameter } from './kernel.ts'
import type { Attend, Step, View } from './step.ts'

/*
 * Attention without scores in memory: a block takes 64 rows of one head, a warp 16 of them, and goes through the others 64
 * at a time. The forward kernel keeps a running maximum and sum of each row; the backward ones make the weights again from
 * the norm that it left, log₂ of the sum of 2^score. Scores are kept in units of log₂ e, so that exponents are powers of 2.
 *
 * In registers a product of 16 × 8 numbers lies as the matrix units leave it: lane 4g + t has columns 2t and 2t + 1 of rows
 * g and g + 8. Two of them side by side are, as half numbers, a left operand of the next product.
 */

const ROWS = 64
const WARPS = 4
/** So many tiles of 8 columns are in registers at once: all of them forward, where a row's greatest is looked for once. */
const NEAR = { forward: ROWS / 8, query: 4, keys: 4 }
/** So many blocks at once hide what each waits for; more would not find room for their numbers in registers. */
const BLOCKS = 3
const LOG2E = Math.LOG2E

/** The launch of an attention, forward or of one of its gradients. */
export function attendKernel(step: Attend): KernelLaunch {
  const { part, scale, up, dropout, beside } = step
  const [q, k, v, bias, dContext, norms, shifts] = step.inputs as [View, View, View, View, View?, View?, View?]
  const [batch = 1, heads = 1, queries = 1, size = 1] = q.shape
  const tokens = k.shape[2] ?? 1
  const rows = part === 'keys' ? tokens : queries
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
  /** A view's rows: where the first begins, and the strides to the next batch, head and row. */
  const read = (name: string, view: View) => {
    pointer(name, view.step)
    int(`${name}Offset`, view.offset)
    ;['Batch', 'Head', 'Row'].forEach((axis, i) => int(`${name}${axis}`, view.strides[i] ?? 0))
  }
  read('q', q)
  read('k', k)
  read('v', v)
  pointer('bias', bias.step)
  int('biasOffset', bias.offset)
  int('biasBatch', bias.shape[0] === 1 ? 0 : (bias.strides[0] ?? 0))
  int('biasColumn', bias.strides[3] ?? 0)
  if (dContext && norms && shifts) {
    read('d', dContext)
    pointer('norms', norms.step)
    pointer('shifts', shifts.step)
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
  const constants = [
    `constexpr int SIZE = ${size}, LINE = SIZE + 8, PARTS = SIZE / 16, NEAR = ${NEAR[part]};`,
    `const float toScores = ${literal(scale * LOG2E)}, scale = ${literal(scale)}, up = ${literal(up)};`,
    `#define IS_KEPT(row, column) ${dropout ? `isKeptBy(row, column, ${Math.round((dropout.rate - 0.5) * 2 ** 32)})` : 'true'}`,
    `#define ROW_DRAW(row) ${dropout ? 'rowKey(*draw, place, blockIdx.y * queries + (row))' : '0u'}`,
    `#define COLUMN_DRAW(column) ${dropout ? 'drawOf(keyOf(*draw, 2 * place + 1), column)' : '0u'}`,
  ]
  const body = { forward: forward(beside !== null), query: QUERY, keys: KEYS }[part]
  return {
    kind: 'kernel',
    kernel: kernelOf(`attend_${part}`, parameters, [...constants, START, body, END].join('\n'), {
      threads: 32 * WARPS,
      blocks: BLOCKS,
    }),
    grid: [Math.ceil(rows / ROWS), batch * heads],
    threads: 32 * WARPS,
    arguments: given,
    scratch: 0,
    counters: 0,
  }
}

/** Where a thread stands, and the words that all three are written in. */
const START = `
const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
const int batch = blockIdx.y / heads, head = blockIdx.y % heads;
const int own = blockIdx.x * ${ROWS} + threadIdx.x / 32 * 16 + g;
q += qOffset + (size_t)batch * qBatch + head * qHead;
k += kOffset + (size_t)batch * kBatch + head * kHead;
v += vOffset + (size_t)batch * vBatch + head * vHead;
bias += biasOffset + (size_t)batch * biasBatch;
to += (size_t)batch * toBatch + head * toHead;
ALIGNED_SHARED half_t tiles[2][2][${ROWS} * LINE];
// Rows own and own + 8 of a warp's 16 as a left operand.
#define LEFT(name, from, stride, count) \\
  unsigned name[PARTS][4]; \\
  UNROLLED for (int p = 0; p < PARTS; p++) UNROLLED for (int i = 0; i < 4; i++) { \\
    const int row = own + i % 2 * 8; \\
    name[p][i] = row < (count) ? *(const unsigned*)((from) + (size_t)row * (stride) + p * 16 + i / 2 * 8 + 2 * t) : 0u; }
// ${ROWS} rows from \`begin\` on, zeros behind the last; they are there after waitForCopies.
#define BRING(tile, from, stride, begin, count) \\
  for (int i = threadIdx.x; i < ${ROWS} * SIZE / 8; i += ${32 * WARPS}) { \\
    const int row = i / (SIZE / 8), column = i % (SIZE / 8) * 8; \\
    copy16(tile + row * LINE + column, (begin) + row < (count) ? (from) + (size_t)((begin) + row) * (stride) + column : (const half_t*)0); }
// While one tile of each is worked with, the next ones are on their way.
#define THROUGH(count, bring) \\
  { bring(0, 0) } \\
  endOfCopies(); \\
  for (int start = 0, stage = 0; start < (count); start += ${ROWS}, stage ^= 1) { \\
    waitForCopies(); \\
    sync(); \\
    if (start + ${ROWS} < (count)) { bring(stage ^ 1, start + ${ROWS}) } \\
    endOfCopies(); \\
    const half_t *first = tiles[stage][0], *second = tiles[stage][1];
// to[16 × 8 NEAR] = left · tileᵀ
#define SCORES(to, left, tile) \\
  float to[NEAR][4]; \\
  UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++) to[n][i] = 0.f; \\
  UNROLLED for (int p = 0; p < PARTS; p++) UNROLLED for (int n = 0; n < NEAR / 2; n++) { \\
    unsigned two[4]; \\
    loadTiles(two, tile + (n * 16 + lane % 8 + lane / 16 * 8) * LINE + p * 16 + lane / 8 % 2 * 8); \\
    multiply(to[2 * n], left[p], two[0], two[1]); \\
    multiply(to[2 * n + 1], left[p], two[2], two[3]); }
// to[16 × SIZE] += weights · tile
#define GATHER(to, weights, tile) \\
  UNROLLED for (int p = 0; p < NEAR / 2; p++) { \\
    unsigned left[4] = {pack(weights[2 * p][0], weights[2 * p][1]), pack(weights[2 * p][2], weights[2 * p][3]), \\
                        pack(weights[2 * p + 1][0], weights[2 * p + 1][1]), pack(weights[2 * p + 1][2], weights[2 * p + 1][3])}; \\
    UNROLLED for (int n = 0; n < PARTS; n++) { \\
      unsigned two[4]; \\
      loadTilesTurned(two, tile + (p * 16 + lane % 16) * LINE + n * 16 + lane / 16 * 8); \\
      multiply(to[2 * n], left, two[0], two[1]); \\
      multiply(to[2 * n + 1], left, two[2], two[3]); } }
#define NOTHING(name) float name[2 * PARTS][4]; UNROLLED for (int n = 0; n < 2 * PARTS; n++) UNROLLED for (int i = 0; i < 4; i++) name[n][i] = 0.f;
// Factors for rows own and own + 8.
#define LEAVE(to, from, count, factor0, factor1) \\
  UNROLLED for (int n = 0; n < 2 * PARTS; n++) { \\
    if (own < (count)) *(unsigned*)((to) + (size_t)own * toRow + n * 8 + 2 * t) = pack(from[n][0] * (factor0), from[n][1] * (factor0)); \\
    if (own + 8 < (count)) *(unsigned*)((to) + (size_t)(own + 8) * toRow + n * 8 + 2 * t) = pack(from[n][2] * (factor1), from[n][3] * (factor1)); }
// What is added to the scores of a token; a row without any must not become a division by nothing.
#define BIAS_OF(token) ((token) < tokens ? fmaxf(load(bias + (size_t)(token) * biasColumn) * ${literal(LOG2E)}, -1e30f) : -1e38f * 10.f)
`
const END = `
#undef IS_KEPT
#undef ROW_DRAW
#undef COLUMN_DRAW
#undef LEFT
#undef BRING
#undef THROUGH
#undef BRING_TOKENS
#undef BRING_QUERIES
#undef SCORES
#undef GATHER
#undef NOTHING
#undef LEAVE
#undef BIAS_OF`

/** Keys and values of tokens, their biases and draws. */
const TOKENS = `
SHARED float biases[2][${ROWS}];
SHARED unsigned draws[2][${ROWS}];
#define BRING_TOKENS(stage, begin) \\
  BRING(tiles[stage][0], k, kRow, begin, tokens) \\
  BRING(tiles[stage][1], v, vRow, begin, tokens) \\
  if (threadIdx.x < ${ROWS}) { \\
    biases[stage][threadIdx.x] = BIAS_OF((begin) + (int)threadIdx.x); \\
    draws[stage][threadIdx.x] = COLUMN_DRAW((begin) + (int)threadIdx.x); }`

const forward = (leavesNorms: boolean) => `${TOKENS}
LEFT(left, q, qRow, queries)
NOTHING(made)
float most[2] = {-3e38f, -3e38f}, sum[2] = {0.f, 0.f};
const unsigned rowDraw[2] = {ROW_DRAW(own), ROW_DRAW(own + 8)};
THROUGH(tokens, BRING_TOKENS)
  SCORES(weights, left, first)
  float greatest[2] = {most[0], most[1]};
  UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++) {
    weights[n][i] = weights[n][i] * toScores + biases[stage][n * 8 + 2 * t + i % 2];
    greatest[i / 2] = fmaxf(greatest[i / 2], weights[n][i]);
  }
  UNROLLED for (int r = 0; r < 2; r++) {
    greatest[r] = fmaxf(greatest[r], fromLane(greatest[r], 1));
    greatest[r] = fmaxf(greatest[r], fromLane(greatest[r], 2));
    const float factor = powerOf2(most[r] - greatest[r]);
    most[r] = greatest[r];
    sum[r] *= factor;
    UNROLLED for (int n = 0; n < 2 * PARTS; n++) { made[n][2 * r] *= factor; made[n][2 * r + 1] *= factor; }
  }
  UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++) {
    const float weight = powerOf2(weights[n][i] - most[i / 2]);
    sum[i / 2] += weight;
    weights[n][i] = IS_KEPT(rowDraw[i / 2], draws[stage][n * 8 + 2 * t + i % 2]) ? weight : 0.f;
  }
  GATHER(made, weights, second)
}
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

const QUERY = `${TOKENS}
d += dOffset + (size_t)batch * dBatch + head * dHead;
LEFT(left, q, qRow, queries)
LEFT(leftD, d, dRow, queries)
NOTHING(made)
float norm[2], shift[2];
UNROLLED for (int r = 0; r < 2; r++) {
  const int row = own + 8 * r;
  norm[r] = row < queries ? norms[(size_t)blockIdx.y * queries + row] : 0.f;
  shift[r] = row < queries ? shifts[(size_t)row * gridDim.y + blockIdx.y] : 0.f;
}
const unsigned rowDraw[2] = {ROW_DRAW(own), ROW_DRAW(own + 8)};
THROUGH(tokens, BRING_TOKENS)
  ONE_BY_ONE for (int at = 0; at < ${ROWS}; at += 8 * NEAR) {
    SCORES(weights, left, first + at * LINE)
    SCORES(flow, leftD, second + at * LINE)
    UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++) {
      const int column = at + n * 8 + 2 * t + i % 2;
      const float weight = powerOf2(weights[n][i] * toScores + biases[stage][column] - norm[i / 2]);
      flow[n][i] = weight * ((IS_KEPT(rowDraw[i / 2], draws[stage][column]) ? up * flow[n][i] : 0.f) - shift[i / 2]);
    }
    GATHER(made, flow, first + at * LINE)
  }
}
LEAVE(to, made, queries, scale, scale)`

/** Rows are tokens here, and columns queries. */
const KEYS = `
SHARED float theirNorms[2][${ROWS}], theirShifts[2][${ROWS}];
SHARED unsigned draws[2][${ROWS}];
d += dOffset + (size_t)batch * dBatch + head * dHead;
beside += (size_t)batch * toBatch + head * toHead;
#define BRING_QUERIES(stage, begin) \\
  BRING(tiles[stage][0], q, qRow, begin, queries) \\
  BRING(tiles[stage][1], d, dRow, begin, queries) \\
  if (threadIdx.x < ${ROWS}) { \\
    const int row = (begin) + (int)threadIdx.x; \\
    theirNorms[stage][threadIdx.x] = row < queries ? norms[(size_t)blockIdx.y * queries + row] : 1e38f * 10.f; \\
    theirShifts[stage][threadIdx.x] = row < queries ? shifts[(size_t)row * gridDim.y + blockIdx.y] : 0.f; \\
    draws[stage][threadIdx.x] = ROW_DRAW(row); }
LEFT(left, k, kRow, tokens)
LEFT(leftV, v, vRow, tokens)
NOTHING(made)
NOTHING(madeV)
const float ownBias[2] = {BIAS_OF(own), BIAS_OF(own + 8)};
const unsigned columnDraw[2] = {COLUMN_DRAW(own), COLUMN_DRAW(own + 8)};
THROUGH(queries, BRING_QUERIES)
  ONE_BY_ONE for (int at = 0; at < ${ROWS}; at += 8 * NEAR) {
    SCORES(weights, left, first + at * LINE)
    SCORES(flow, leftV, second + at * LINE)
    UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++) {
      const int column = at + n * 8 + 2 * t + i % 2;
      const bool kept = IS_KEPT(draws[stage][column], columnDraw[i / 2]);
      const float weight = powerOf2(weights[n][i] * toScores + ownBias[i / 2] - theirNorms[stage][column]);
      flow[n][i] = weight * ((kept ? up * flow[n][i] : 0.f) - theirShifts[stage][column]);
      weights[n][i] = kept ? weight : 0.f;
    }
    GATHER(made, flow, first + at * LINE)
    GATHER(madeV, weights, second + at * LINE)
  }
}
LEAVE(to, made, tokens, scale, scale)
LEAVE(beside, madeV, tokens, up, up)`

function literal(value: number): string {
  return `${Math.fround(value).toExponential(9)}f`
}
