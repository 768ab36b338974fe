/*
 * Words that only a GPU has, as instructions; the tests have others of the same names for a C++ compiler. Memory that the
 * threads of a block share, what lanes of a warp tell each other, copies that are not waited for, tiles of a matrix.
 */

export const ON_GPU = `
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

`
