import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { koffi, type LibraryHandle } from '../../../../src/engine/native.ts'
import type { BoundLaunch, Device, Recording } from '../../../../src/engine/executors/cuda/run/device.ts'
import type { Kernel } from '../../../../src/engine/executors/cuda/kernel/kernel.ts'
import { EVERYWHERE } from '../../../../src/engine/executors/cuda/kernel/words/everywhere.ts'
import type { Form } from '../../../../src/engine/executors/cuda/kernel/form.ts'
import { DESCRIBE } from '../../../../src/engine/executors/cuda/kernel/words/warpgroup.ts'

/*
 * A device without a GPU: the kernels as C++ functions, one block after the other. With one lane, a block is one thread:
 * quick, and all of the generator is checked but the sharing of work among threads. With 32, the threads of a block take
 * turns, and meet where those of a warp or block must: the text that a GPU runs, but for the instructions themselves.
 */

const INCLUDES = `
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
typedef unsigned long long word_t;
typedef int int_t;
#define float_t element_t
typedef float element_t;
struct half_t { unsigned short bits; };
struct Index { int x, y; };
static Index blockIdx, threadIdx, gridDim, blockDim;
#define INLINE static inline
#define SHARED static
alignas(1024) static unsigned char sharedOfBlock[227 * 1024];
#define EACH for (int j = 0; j < E; j++)
#define UNROLLED
#define ONE_BY_ONE
#define BY_FOUR
INLINE float asFloat(unsigned bits) { float x; memcpy(&x, &bits, 4); return x; }
INLINE void fence() {}
INLINE float loadPastCache(const float* p) { return *p; }
INLINE int atomicAdd(int* p, int n) { int old = *p; *p += n; return old; }
INLINE unsigned pack(float low, float high);
`

const HALF = {
  bf16: `
INLINE float load(const half_t* p) { return asFloat((unsigned)p->bits << 16); }
INLINE void store(half_t* p, float x) { unsigned u; memcpy(&u, &x, 4); p->bits = (u + 0x7fff + ((u >> 16) & 1)) >> 16; }`,
  f16: `
INLINE float load(const half_t* p) { _Float16 x; memcpy(&x, p, 2); return x; }
INLINE void store(half_t* p, float x) { _Float16 y = x; memcpy(p, &y, 2); }`,
}

const PACK = `
INLINE unsigned pack(float low, float high) { half_t a, b; store(&a, low); store(&b, high); return a.bits | (unsigned)b.bits << 16; }
`

/** One thread a block. */
const ALONE = `
INLINE void sync() {}
template <int N> INLINE float sumOfLanes(float x) { return x; }
template <int N> INLINE float maxOfLanes(float x) { return x; }
INLINE float scanOfWarp(float x, float* all) { *all = x; return x; }
`

/** Threads that take turns: each runs until it waits for others. */
const TOGETHER = `
static ucontext_t scheduler, contexts[1024];
static bool ended[1024];
static char* stacks;
static int now, left[33];
struct Gate { int arrived, turn; };
static Gate gates[33];
static void meet(int gate) {
  Gate& g = gates[gate];
  int turn = g.turn;
  g.arrived++;
  while (g.turn == turn) {
    if (g.arrived >= left[gate]) { g.arrived = 0; g.turn++; break; }
    swapcontext(&contexts[now], &scheduler);
  }
}
INLINE void sync() { meet(32); }
static unsigned given[1024][8];
static const half_t* named[1024];
INLINE float fromThread(float x, int thread) {
  int own = threadIdx.x;
  memcpy(given[own], &x, 4);
  meet(own / 32);
  float result;
  memcpy(&result, given[thread], 4);
  meet(own / 32);
  return result;
}
INLINE float fromLane(float x, int away) { return fromThread(x, threadIdx.x ^ away); }
INLINE bool isAnyOfWarp(bool x) {
  float sum = x;
  for (int away = 16; away > 0; away /= 2) sum += fromLane(sum, away);
  return sum > 0;
}
template <int N> INLINE float sumOfLanes(float x) {
  if (N <= 32) { for (int away = N / 2; away > 0; away /= 2) x += fromLane(x, away); return x; }
  static float all[1024];
  sync(); all[threadIdx.x] = x; sync();
  float sum = 0; for (int i = 0; i < N; i++) sum += all[i];
  return sum;
}
template <int N> INLINE float maxOfLanes(float x) {
  if (N <= 32) { for (int away = N / 2; away > 0; away /= 2) x = fmaxf(x, fromLane(x, away)); return x; }
  static float all[1024];
  sync(); all[threadIdx.x] = x; sync();
  float most = all[0]; for (int i = 0; i < N; i++) most = fmaxf(most, all[i]);
  return most;
}
INLINE float scanOfWarp(float x, float* all) {
  int lane = threadIdx.x % 32, first = threadIdx.x - lane;
  float sum = 0, own = 0;
  for (int i = 0; i < 32; i++) { sum += fromThread(x, first + i); if (i == lane) own = sum; }
  *all = sum;
  return own;
}
INLINE float powerOf2(float x) { return exp2f(x); }
INLINE void copy16(half_t* to, const half_t* from, bool isThere) { if (isThere) memcpy(to, from, 16); else memset(to, 0, 16); }
INLINE void endOfCopies() {}
INLINE void waitForCopies() {}
INLINE void loadTiles(unsigned* to, const half_t* row, bool turned = false) {
  int own = threadIdx.x, lane = own % 32, first = own - lane;
  named[own] = row;
  meet(own / 32);
  for (int i = 0; i < 4; i++) {
    half_t two[2];
    for (int j = 0; j < 2; j++) two[j] = turned ? named[first + 8 * i + 2 * (lane % 4) + j][lane / 4] : named[first + 8 * i + lane / 4][2 * (lane % 4) + j];
    to[i] = two[0].bits | (unsigned)two[1].bits << 16;
  }
  meet(own / 32);
}
INLINE void loadTilesTurned(unsigned* to, const half_t* row) { loadTiles(to, row, true); }
INLINE void multiply(float* to, const unsigned* l, unsigned right0, unsigned right1) {
  int own = threadIdx.x, lane = own % 32, first = own - lane;
  memcpy(given[own], l, 16);
  given[own][4] = right0;
  given[own][5] = right1;
  meet(own / 32);
  auto half = [](unsigned two, int which) { half_t one = {(unsigned short)(which ? two >> 16 : two)}; return load(&one); };
  for (int c = 0; c < 4; c++) for (int k = 0; k < 16; k++) {
    int row = lane / 4 + c / 2 * 8, column = 2 * (lane % 4) + c % 2;
    to[c] += half(given[first + row % 8 * 4 + k % 8 / 2][row / 8 + k / 8 * 2], k % 2) * half(given[first + column * 4 + k % 8 / 2][4 + k / 8], k % 2);
  }
  meet(own / 32);
}
static void runBlock(void (*body)()) {
  int threads = blockDim.x;
  if (!stacks) stacks = (char*)malloc(1024 * 65536);
  left[32] = threads;
  for (int i = 0; i < 32; i++) left[i] = threads > 32 * i ? (threads - 32 * i < 32 ? threads - 32 * i : 32) : 0;
  memset(gates, 0, sizeof gates);
  for (int i = 0; i < threads; i++) {
    ended[i] = false;
    getcontext(&contexts[i]);
    contexts[i].uc_stack.ss_sp = stacks + (size_t)i * 65536;
    contexts[i].uc_stack.ss_size = 65536;
    contexts[i].uc_link = &scheduler;
    makecontext(&contexts[i], body, 0);
  }
  for (int running = threads; running > 0;) {
    for (now = 0; now < threads; now++) {
      if (ended[now]) continue;
      threadIdx.x = now;
      swapcontext(&scheduler, &contexts[now]);
      if (ended[now]) running--;
    }
  }
}
#define END ended[now] = true; left[32]--; left[now / 32]--;
`
/**
 * Products of a warpgroup, each warp for its 16 rows. They are done as late as they may be, when they are waited for, so that
 * what is read too early or written over too soon shows.
 */
const WARPGROUPS = `
static const char* someTile;
/** As in shared memory, an address has 18 bits. */
INLINE unsigned sharedAddress(const void* p) { someTile = (const char*)p; return (unsigned)(size_t)p & 0x3ffff; }
INLINE const half_t* fromSharedAddress(unsigned address) {
  int away = (int)((address - ((unsigned)(size_t)someTile & 0x3ffff)) << 14) >> 14;
  return (const half_t*)(someTile + away);
}
${DESCRIBE}
struct Wide { float* to; unsigned left[4]; word_t own, right; int columns, turned, group; bool adds; };
static Wide begun[1024][64];
static int many[1024], groups[1024];
/** The number in row n, column k of a right operand [columns × 16], as the descriptor says that it lies (turned: n side by side). */
INLINE float ofTile(word_t d, int turned, int n, int k) {
  unsigned start = (unsigned)(d & 0x3fff) << 4, leading = (unsigned)(d >> 16 & 0x3fff) << 4, stride = (unsigned)(d >> 32 & 0x3fff) << 4;
  int mode = d >> 62, width = mode == 1 ? 128 : mode == 2 ? 64 : 32;
  if (mode == 0 || d >> 49 & 7 || start - (turned ? 0 : start % width) & 8 * width - 1) abort();
  unsigned address = turned
    ? start + n * 2 % width + n * 2 / width * leading + k % 8 * width + k / 8 * stride
    : start + n % 8 * width + n / 8 * stride + k * 2;
  address ^= address >> 3 & (width - 16);
  return load(fromSharedAddress(address));
}
static void begin(const Wide& one) { begun[threadIdx.x][many[threadIdx.x]++] = one; }
template <int COLUMNS> INLINE void multiplyOwn(float (*to)[4], word_t left, word_t right, bool adds) {
  begin({to[0], {}, left, right, COLUMNS, 0, groups[threadIdx.x], adds});
}
template <int COLUMNS> INLINE void multiplyTurned(float (*to)[4], const unsigned* left, word_t right) {
  begin({to[0], {left[0], left[1], left[2], left[3]}, 0, right, COLUMNS, 1, groups[threadIdx.x], true});
}
INLINE void beginProducts() {}
INLINE void endProducts() { groups[threadIdx.x]++; }
INLINE void waitForProducts() {
  int own = threadIdx.x, lane = own % 32, first = own - lane, done = 0;
  auto half = [](unsigned two, int which) { half_t one = {(unsigned short)(which ? two >> 16 : two)}; return load(&one); };
  for (; done < many[own] && begun[own][done].group < groups[own]; done++) {
    Wide& one = begun[own][done];
    memcpy(given[own], one.left, 16);
    meet(own / 32);
    auto leftAt = [&](int row, int k) {
      return one.own ? ofTile(one.own, 0, own % 128 / 32 * 16 + row, k) : half(given[first + row % 8 * 4 + k % 8 / 2][row / 8 + k / 8 * 2], k % 2);
    };
    for (int n = 0; n < one.columns / 8; n++) for (int c = 0; c < 4; c++) {
      int row = lane / 4 + c / 2 * 8, column = n * 8 + 2 * (lane % 4) + c % 2;
      float sum = one.adds ? one.to[n * 4 + c] : 0.f;
      for (int k = 0; k < 16; k++) sum += leftAt(row, k) * ofTile(one.right, one.turned, column, k);
      one.to[n * 4 + c] = sum;
    }
    meet(own / 32);
  }
  many[own] -= done;
  memmove(begun[own], begun[own] + done, many[own] * sizeof(Wide));
}
template <int N> INLINE void held(float (&x)[N][4]) {}
INLINE void showCopies() {}
`

const WIDE = `
template <int W, class T> INLINE void loadWide(const T* p, float* to) { for (int i = 0; i < W; i++) to[i] = load(p + i); }
template <int W, class T> INLINE void storeWide(T* p, const float* from) { for (int i = 0; i < W; i++) store(p + i, from[i]); }
`

/** Null, with the reason, where there is no compiler. */
export async function compilerMissing(): Promise<string | null> {
  if (process.platform !== 'linux') return 'the kernels are compiled on Linux only'
  return promisify(execFile)('g++', ['--version']).then(
    () => null,
    () => 'there is no g++',
  )
}

export function compiledDevice({
  total = 2 ** 34,
  lanes = 1,
  half = 'bf16',
  tiles = lanes === 32 ? 'warp' : null,
}: { total?: number; lanes?: 1 | 32; half?: 'bf16' | 'f16'; tiles?: Form['tiles'] } = {}): Device {
  const libc = koffi.load('libc.so.6')
  const calloc = libc.func('calloc', 'uint64_t', ['size_t', 'size_t']) as unknown as (
    n: number,
    size: number,
  ) => bigint | number
  const release = libc.func('free', 'void', ['uint64_t']) as unknown as (address: bigint) => void
  const toMemory = libc.func('memcpy', 'uint64_t', ['uint64_t', 'void *', 'size_t'])
  const fromMemory = libc.func('memcpy', 'uint64_t', ['void *', 'uint64_t', 'size_t'])
  const move = libc.func('memmove', 'uint64_t', ['uint64_t', 'uint64_t', 'size_t'])
  const memset = libc.func('memset', 'uint64_t', ['uint64_t', 'int', 'size_t'])
  const functions = new Map<string, (given: BigInt64Array, x: number, y: number, threads: number) => void>()
  const sizes = new Map<bigint, number>()
  const folders: string[] = []
  const libraries: LibraryHandle[] = []

  const run = (launches: readonly BoundLaunch[]) => {
    for (const launch of launches) {
      if (launch.kind === 'clear') memset(launch.address, 0, launch.bytes)
      else {
        const { kernel, grid, threads, arguments: given } = launch.kind === 'product' ? launch.fallback : launch
        const call = functions.get(kernel.name)
        if (!call) throw new Error(`${kernel.name} was not loaded`)
        call(
          BigInt64Array.from(given, ({ value }) => BigInt(value)),
          grid[0],
          grid[1],
          threads,
        )
      }
    }
  }
  const recorded = new Map<Recording, readonly BoundLaunch[]>()
  return {
    name: 'g++',
    versions: {},
    form: { lanes, tiles },
    memory: () => ({ free: total - [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0), total }),
    allocate: (bytes) => {
      const address = BigInt(calloc(bytes, 1))
      sizes.set(address, bytes)
      return address
    },
    free: (address) => {
      sizes.delete(address)
      release(address)
    },
    write: (address, data) => void toMemory(address, bytesOf(data), data.byteLength),
    clear: (address, bytes) => void memset(address, 0, bytes),
    copy: (from, to, bytes) => void move(to, from, bytes),
    read: (address, into) => {
      fromMemory(bytesOf(into), address, into.byteLength)
      return Promise.resolve()
    },
    load: async (kernels) => {
      const fresh = kernels.filter(({ name }) => !functions.has(name))
      if (fresh.length === 0) return
      const folder = await mkdtemp(join(tmpdir(), 'kernels-'))
      folders.push(folder)
      await writeFile(
        join(folder, 'kernels.cc'),
        `${INCLUDES}${HALF[half]}${PACK}${lanes === 1 ? ALONE : `${TOGETHER}${tiles === 'warpgroup' ? WARPGROUPS : ''}`}${EVERYWHERE}${WIDE}${fresh.map((kernel) => source(kernel, lanes)).join('\n')}`,
      )
      await promisify(execFile)(
        'g++',
        ['-O1', '-w', '-std=c++17', '-shared', '-fPIC', '-o', 'kernels.so', 'kernels.cc'],
        { cwd: folder },
      )
      const library = koffi.load(join(folder, 'kernels.so'))
      libraries.push(library)
      for (const { name } of fresh) {
        functions.set(name, library.func(name, 'void', ['void *', 'int', 'int', 'int']) as never)
      }
    },
    record: (launches) => {
      const recording: Recording = { close: () => recorded.delete(recording) }
      recorded.set(recording, launches)
      return recording
    },
    submit: ({ recording, feeds, results }) => {
      toMemory(feeds.to, feeds.bytes, feeds.bytes.byteLength)
      const launches = recorded.get(recording)
      if (!launches) throw new Error('The recording is closed')
      run(launches)
      const bytes = new Uint8Array(results.bytes)
      fromMemory(bytes, results.from, bytes.byteLength)
      return Promise.resolve(bytes)
    },
    run,
    close: async () => {
      for (const address of sizes.keys()) release(address)
      sizes.clear()
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
    },
  }
}

/** A kernel with a function around it that runs its blocks. */
function source({ name, parameters, body }: Kernel, lanes: 1 | 32): string {
  const list = parameters.map((p) => `${p.type}_t${p.pointer ? '*' : ''} ${p.name}`).join(', ')
  const given = parameters
    .map((p, i) => (p.pointer ? `(${p.type}_t*)given[${i}]` : `(${p.type}_t)given[${i}]`))
    .join(', ')
  const call = `${name}_block(${given})`
  return `
static void ${name}_block(${list}) {
${body}
}
static word_t* ${name}_given;
static void ${name}_thread() { word_t* given = ${name}_given; ${call};${lanes === 1 ? '' : ' END'} }
extern "C" void ${name}(word_t* given, int x, int y, int threads) {
  gridDim = {x, y}; blockDim = {threads, 1}; threadIdx = {0, 0};
  ${name}_given = given;
  for (int j = 0; j < y; j++) for (int i = 0; i < x; i++) { blockIdx = {i, j}; ${lanes === 1 ? `${name}_thread()` : `runBlock(${name}_thread)`}; }
}`
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
