/*
 * Words that mean the same on a GPU and for the C++ compiler of the tests: what the generated kernels are made of.
 *
 * A kernel works on a domain of rows and C columns. A thread holds E elements of one row in registers, in stretches of V
 * that lie side by side, the next stretch LANES · V further; `first` is the column of its first.
 */

export const EVERYWHERE = `
INLINE float load(const float* p) { return *p; }
INLINE float load(const int* p) { return (float)*p; }
INLINE void store(float* p, float x) { *p = x; }
INLINE void store(int* p, float x) { *p = (int)x; }
INLINE int within(int index, int last) { return index < 0 ? 0 : index > last ? last : index; }

// ---- where a thread stands
#define COLUMN_OF(j) (first + (j) / V * (LANES * V) + (j) % V)
#define IS_EVEN (C % (LANES * V) == 0)
#define INSIDE(j) (IS_EVEN || COLUMN_OF(j) < C)
#define IS_FIRST (first == 0)
/** LANES threads a row. */
#define ROWS(rows) \\
  const int first = (threadIdx.x % LANES) * V; \\
  const int row = blockIdx.x * (blockDim.x / LANES) + threadIdx.x / LANES; \\
  if (row >= (rows)) return;
/** A thread for V columns of a row. */
#define TILES(rows) \\
  const long long item = (long long)blockIdx.x * blockDim.x + threadIdx.x; \\
  if (item >= (long long)(rows) * (C / V)) return; \\
  const int row = (int)(item / (C / V)), first = (int)(item % (C / V)) * V;
/** A thread for V elements of one long row. */
#define FLAT \\
  const int first = (block * blockDim.x + threadIdx.x) * V; \\
  if (first >= C) return;

// ---- memory to registers and back; reading past the end of a row's last stretch is allowed, writing is not
#define READ(to, W, from) UNROLLED for (int k = 0; k < E / V; k++) { \\
    if (IS_EVEN || COLUMN_OF(k * V) < C) { UNROLLED for (int w = 0; w < V; w += W) loadWide<W>((from) + COLUMN_OF(k * V) + w, &to[k * V + w]); } \\
    else { UNROLLED for (int w = 0; w < V; w++) to[k * V + w] = 0.f; } }
#define WRITE(from, W, to) UNROLLED for (int k = 0; k < E / V; k++) { \\
    if (IS_EVEN || COLUMN_OF(k * V) + V <= C) { UNROLLED for (int w = 0; w < V; w += W) storeWide<W>((to) + COLUMN_OF(k * V) + w, &from[k * V + w]); } \\
    else { UNROLLED for (int w = 0; w < V; w++) if (COLUMN_OF(k * V) + w < C) store((to) + COLUMN_OF(k * V) + w, from[k * V + w]); } }

// ---- sums over rows: LANES · V columns a block, DEEP rows at a time, \`parts\` blocks for the rows of a group
#define COLUMNS(members, parts) \\
  const int lane = threadIdx.x % LANES, depth = threadIdx.x / LANES; \\
  const int first = (blockIdx.x * LANES + lane) * V; \\
  const int group = blockIdx.y / (parts), part = blockIdx.y % (parts), groups = gridDim.y / (parts); \\
  ROOM_FOR_SUMS
/** What ADD_UP works in. */
#define ROOM_FOR_SUMS SHARED float sums[DEEP][LANES * V];
#define ADD_UP(of, to) { \\
    sync(); \\
    UNROLLED for (int j = 0; j < V; j++) sums[depth][lane * V + j] = of[j]; \\
    sync(); \\
    if (depth == 0 && first < C) for (int j = 0; j < V; j++) { \\
      float sum = 0.f; \\
      for (int d = 0; d < DEEP; d++) sum += sums[d][lane * V + j]; \\
      (to)[first + j] = sum; \\
    } }
/** A sum that the threads of a row hold, column by column, over the DEEP rows of a block; by way of \`left\`. */
#define LEAVE_ROW(of, to) { \\
    float* target = to; \\
    sync(); \\
    EACH if (INSIDE(j)) left[depth][COLUMN_OF(j)] = of[j]; \\
    sync(); \\
    for (int column = threadIdx.x; column < C; column += blockDim.x) { \\
      float sum = 0.f; \\
      for (int d = 0; d < DEEP; d++) sum += left[d][column]; \\
      target[column] = sum; \\
    } }
#define LEAVE_SUM(sum, i, to, scratch, parts) { \\
    float* target = (parts) == 1 ? (to) + (size_t)group * C : (scratch) + (((size_t)(i) * groups + group) * (parts) + part) * C; \\
    ADD_UP(sum, target) }
#define IS_LAST_PART(counters, parts) isLastPart((counters) + group * gridDim.x + blockIdx.x, parts)
#define GATHER_SUM(i, to, scratch, parts) { \\
    float all[V]; \\
    UNROLLED for (int j = 0; j < V; j++) all[j] = 0.f; \\
    if (first < C) for (int p = depth; p < (parts); p += DEEP) \\
      UNROLLED for (int j = 0; j < V; j++) all[j] += loadPastCache((scratch) + (((size_t)(i) * groups + group) * (parts) + p) * C + first + j); \\
    float* target = (to) + (size_t)group * C; \\
    ADD_UP(all, target) }
/** Counts the blocks that have left their part. The last finds the counter as it must be for the next launch. */
INLINE bool isLastPart(int* counter, int parts) {
  if (parts == 1) return false;
  SHARED int last;
  fence();
  sync();
  if (threadIdx.x == 0) {
    last = atomicAdd(counter, 1) == parts - 1;
    if (last) *counter = 0;
  }
  sync();
  fence();
  return last;
}

// ---- dropout: the same masks as the onnx executor draws (executors/onnx/draws.ts)
INLINE unsigned mix(unsigned h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}
INLINE unsigned keyOf(word_t draw, int place) { return mix((unsigned)draw + (unsigned)place * 0x9e3779b9u); }
INLINE unsigned drawOf(unsigned key, unsigned index) { return mix(key ^ ((index + 1u) * 0x85ebca6bu)) | 1u; }
INLINE unsigned rowKey(word_t draw, int place, int row) { return drawOf(keyOf(draw, 2 * place), row); }
INLINE bool isKeptBy(unsigned rowDraw, unsigned columnDraw, int threshold) { return (int)(rowDraw * columnDraw) > threshold; }
INLINE bool isKept(unsigned rowDraw, unsigned columnKey, int column, int threshold) {
  return (int)(rowDraw * drawOf(columnKey, column)) > threshold;
}
`
