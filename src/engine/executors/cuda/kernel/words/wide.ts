/* Words for several elements side by side in one load or store of up to 16 bytes, on a GPU. */

export const WIDE = `/** W elements at once; the address is a multiple of their size. */
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
