/** How activations are kept. */
export type HalfType = 'bf16' | 'f16'

/** Conversions between a half type and float on a GPU, and the product of 16 × 16 by 16 × 8 that a warp makes of it. */
export const HALF: Record<HalfType, string> = {
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
