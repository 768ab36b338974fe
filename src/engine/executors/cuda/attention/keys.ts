/**
 * The gradients of 64 keys and values of a head: as query.ts, but rows are tokens here, and columns queries, whose norms and
 * shifts are there already. A token has one owner, so nothing is added up by atomics.
 *
 *   for each tile of queries
 *     weights = 2^((k qᵀ + bias) · scale log₂ e − norm)
 *     flow    = v dContextᵀ
 *     slopes  = kept(weights) · flow − weights · shift
 *     made   += slopes q
 *     madeV  += kept(weights) dContext
 *   dKeys = scale · up · made, dValues = up · madeV
 */
export const KEYS = `
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
