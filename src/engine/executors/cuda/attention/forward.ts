import { TOKENS } from './tokens.ts'

/**
 * The context of 64 queries of a head, context = up · kept(softmax(scale · q kᵀ + bias)) v, without their scores in memory:
 *
 *   for each tile of tokens
 *     weights = q kᵀ + bias
 *     most    = the greatest so far, or near it; what was added up is brought to it where it rose
 *     weights = 2^(weights · scale log₂ e − most)
 *     sum    += weights
 *     made   += kept(weights) v
 *   context = up · made / sum
 *   norm    = most + log₂ sum, from which the backward kernels make the weights again
 */
export const forward = (leavesNorms: boolean) => `
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
