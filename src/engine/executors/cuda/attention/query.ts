import { TOKENS } from './tokens.ts'

/**
 * The gradient of 64 queries of a head. The gradient of a score is its weight times what flows to it less the row's shift,
 * the sum over the row of both multiplied: the context times its gradient. Here and in keys.ts both are reckoned without
 * `up`, which the result is multiplied by.
 *
 *   shift = context · dContext / up, left for keys.ts
 *   for each tile of tokens
 *     weights = 2^((q kᵀ + bias) · scale log₂ e − norm)
 *     flow    = dContext vᵀ
 *     slopes  = weights · (kept(flow) − shift)
 *     made   += slopes k
 *   dQuery = scale · up · made
 */
export const query = (leavesShifts: boolean) => `
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
