/**
 * What the kernels whose rows are queries read (forward.ts, query.ts): keys and values of tokens, tile by tile, and of all
 * tokens the biases and draws at once.
 */
export const TOKENS = `
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
