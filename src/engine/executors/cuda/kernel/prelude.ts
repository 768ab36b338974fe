import type { Form } from './form.ts'
import { warpgroupWords } from './warpgroup.ts'

/*
 * The C++ that every kernel is written in, compiled with it by NVRTC. No headers: NVRTC needs none, and half precision is
 * converted by the instructions themselves.
 *
 * A kernel works on a domain of rows and C columns. A thread holds E elements of one row in registers, in stretches of V
 * that lie side by side, the next stretch LANES · V further; `first` is the column of its first.
 */

/** How activations are kept. */
export type HalfType = 'bf16' | 'f16'

/** What differs between a GPU and the compiler that checks the kernels without one. */
const ON_GPU = `
typedef unsigned long long word_t;
typedef float float_t;
typedef int int_t;
struct half_t { unsigned short bits; };
#define KERNEL extern "C" __global__ void
#define INLINE static __device__ __forceinline__
#define SHARED __shared__
/** A kernel may be brought to its place while the one before it ends: it waits here for all that was asked before it. */
#if __CUDA_ARCH__ >= 900
#define BEGIN asm volatile("griddepcontrol.launch_dependents;"); asm volatile("griddepcontrol.wait;" ::: "memory");
#else
#define BEGIN
#endif
#define EACH _Pragma("unroll") for (int j = 0; j < E; j++)
#define UNROLLED _Pragma("unroll")
#define ONE_BY_ONE _Pragma("unroll 1")
/** Several loads in flight where a loop only adds up. */
#define BY_FOUR _Pragma("unroll 4")

/** Shared memory of a block that its kernel asks for when it is launched; pieces in it are swapped about within 1024 bytes. */
extern __shared__ __align__(1024) unsigned char sharedOfBlock[];

INLINE float asFloat(unsigned bits) { return __uint_as_float(bits); }
INLINE float powerOf2(float x) { float y; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
INLINE float fromLane(float x, int away) { return __shfl_xor_sync(0xffffffffu, x, away); }
INLINE bool isAnyOfWarp(bool x) { return __any_sync(0xffffffffu, x); }
/** 16 bytes into shared memory, zeros where there is nothing to copy; they are there after waitForCopies. */
INLINE void copy16(half_t* to, const half_t* from, bool isThere) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(isThere ? 16 : 0) : "memory");
}
INLINE void endOfCopies() { asm volatile("cp.async.commit_group;" : : : "memory"); }
INLINE void waitForCopies() { asm volatile("cp.async.wait_group 0;" : : : "memory"); }
/** Four tiles of 8 × 8 half numbers from shared memory: lanes 8i to 8i + 7 name the rows of tile i. */
INLINE void loadTiles(unsigned* to, const half_t* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((unsigned)__cvta_generic_to_shared(row)));
}
INLINE void loadTilesTurned(unsigned* to, const half_t* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((unsigned)__cvta_generic_to_shared(row)));
}
INLINE void fence() { __threadfence(); }
INLINE void sync() { __syncthreads(); }
INLINE float loadPastCache(const float* p) { return __ldcg(p); }

template <int N> INLINE float sumOfWarp(float x) {
  UNROLLED for (int away = N / 2; away > 0; away /= 2) x += __shfl_xor_sync(0xffffffffu, x, away);
  return x;
}
template <int N> INLINE float maxOfWarp(float x) {
  UNROLLED for (int away = N / 2; away > 0; away /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, away));
  return x;
}
/** Over the threads that share a row: a warp, or all of a block. */
template <int N> INLINE float sumOfLanes(float x) {
  if (N == 1) return x;
  if (N <= 32) return sumOfWarp<N>(x);
  SHARED float sums[32];
  sync();
  x = sumOfWarp<32>(x);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = x;
  sync();
  return sumOfWarp<32>(threadIdx.x % 32 < N / 32 ? sums[threadIdx.x % 32] : 0.f);
}
template <int N> INLINE float maxOfLanes(float x) {
  if (N <= 32) return maxOfWarp<N>(x);
  SHARED float greatest[32];
  sync();
  x = maxOfWarp<32>(x);
  if (threadIdx.x % 32 == 0) greatest[threadIdx.x / 32] = x;
  sync();
  return maxOfWarp<32>(threadIdx.x % 32 < N / 32 ? greatest[threadIdx.x % 32] : -3.40282347e38f);
}
/** The running sum along the lanes of a warp, and the sum of all. */
INLINE float scanOfWarp(float x, float* all) {
  UNROLLED for (int away = 1; away < 32; away *= 2) {
    float before = __shfl_up_sync(0xffffffffu, x, away);
    if (threadIdx.x % 32 >= away) x += before;
  }
  *all = __shfl_sync(0xffffffffu, x, 31);
  return x;
}

/** W elements at once; the address is a multiple of their size. */
template <int W> INLINE void loadWide(const float* p, float* to) {
  if (W == 8) { loadWide<4>(p, to); loadWide<4>(p + 4, to + 4); }
  else if (W == 4) { float4 q = *(const float4*)p; to[0] = q.x; to[1] = q.y; to[2] = q.z; to[3] = q.w; }
  else UNROLLED for (int i = 0; i < W; i++) to[i] = p[i];
}
template <int W> INLINE void loadWide(const int* p, float* to) { UNROLLED for (int i = 0; i < W; i++) to[i] = (float)p[i]; }
INLINE void unpack(unsigned two, float* to) {
  half_t low, high;
  low.bits = (unsigned short)two;
  high.bits = (unsigned short)(two >> 16);
  to[0] = load(&low);
  to[1] = load(&high);
}
template <int W> INLINE void loadWide(const half_t* p, float* to) {
  if (W == 8) { uint4 q = *(const uint4*)p; unpack(q.x, to); unpack(q.y, to + 2); unpack(q.z, to + 4); unpack(q.w, to + 6); }
  else if (W == 4) { uint2 q = *(const uint2*)p; unpack(q.x, to); unpack(q.y, to + 2); }
  else if (W == 2) unpack(*(const unsigned*)p, to);
  else to[0] = load(p);
}
template <int W> INLINE void storeWide(float* p, const float* from) {
  if (W == 8) { storeWide<4>(p, from); storeWide<4>(p + 4, from + 4); }
  else if (W == 4) *(float4*)p = make_float4(from[0], from[1], from[2], from[3]);
  else UNROLLED for (int i = 0; i < W; i++) p[i] = from[i];
}
template <int W> INLINE void storeWide(int* p, const float* from) { UNROLLED for (int i = 0; i < W; i++) p[i] = (int)from[i]; }
template <int W> INLINE void storeWide(half_t* p, const float* from) {
  if (W == 8) *(uint4*)p = make_uint4(pack(from[0], from[1]), pack(from[2], from[3]), pack(from[4], from[5]), pack(from[6], from[7]));
  else if (W == 4) *(uint2*)p = make_uint2(pack(from[0], from[1]), pack(from[2], from[3]));
  else if (W == 2) *(unsigned*)p = pack(from[0], from[1]);
  else store(p, from[0]);
}
`

/** Conversions between a half type and float, on the GPU. */
const HALF: Record<HalfType, string> = {
  bf16: `
INLINE float load(const half_t* p) { return __uint_as_float((unsigned)p->bits << 16); }
INLINE unsigned pack(float low, float high) {
  unsigned two;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(two) : "f"(high), "f"(low));
  return two;
}
INLINE void store(half_t* p, float x) { p->bits = (unsigned short)pack(x, 0.f); }
/** to[16 × 8] += left[16 × 16] · right[16 × 8], by a warp. */
INLINE void multiply(float* to, const unsigned* left, unsigned right0, unsigned right1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(to[0]), "+f"(to[1]), "+f"(to[2]), "+f"(to[3]) : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
`,
  f16: `
INLINE float load(const half_t* p) { float x; asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(p->bits)); return x; }
INLINE void store(half_t* p, float x) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(p->bits) : "f"(x)); }
INLINE unsigned pack(float low, float high) {
  half_t a, b;
  store(&a, low);
  store(&b, high);
  return a.bits | (unsigned)b.bits << 16;
}
/** to[16 × 8] += left[16 × 16] · right[16 × 8], by a warp. */
INLINE void multiply(float* to, const unsigned* left, unsigned right0, unsigned right1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(to[0]), "+f"(to[1]), "+f"(to[2]), "+f"(to[3]) : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
`,
}

/** Words that mean the same everywhere. */
export const COMMON = `
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

/** The beginning of every compilation for a GPU. */
export function prelude(half: HalfType, tiles: Form['tiles']): string {
  const [words = '', wide = ''] = ON_GPU.split('/** W elements at once')
  const together = tiles === 'warpgroup' ? warpgroupWords(half) : ''
  return `${words}${HALF[half]}${COMMON}/** W elements at once${wide}${together}`
}
