import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import koffi, { type LibraryHandle } from 'koffi'
import type { BoundLaunch, Device, Recording } from '../../../../src/engine/executors/cuda/device.ts'
import type { Kernel } from '../../../../src/engine/executors/cuda/kernel.ts'
import { COMMON } from '../../../../src/engine/executors/cuda/prelude.ts'

/*
 * A device without a GPU: the kernels as C++ functions, one thread a block and one block after the other. It checks what
 * the generator writes, all of it but the sharing of work among the threads of a warp.
 */

const WORDS = `
#include <cmath>
#include <cstddef>
#include <cstring>
typedef unsigned long long word_t;
typedef int int_t;
#define float_t element_t
typedef float element_t;
struct half_t { unsigned short bits; };
struct Index { int x, y; };
static Index blockIdx, threadIdx, gridDim, blockDim;
#define INLINE static inline
#define SHARED static
#define EACH for (int j = 0; j < E; j++)
#define UNROLLED
#define BY_FOUR
INLINE float asFloat(unsigned bits) { float x; memcpy(&x, &bits, 4); return x; }
INLINE void fence() {}
INLINE void sync() {}
INLINE float loadPastCache(const float* p) { return *p; }
INLINE int atomicAdd(int* p, int n) { int old = *p; *p += n; return old; }
template <int N> INLINE float sumOfLanes(float x) { return x; }
template <int N> INLINE float maxOfLanes(float x) { return x; }
INLINE float scanOfWarp(float x, float* all) { *all = x; return x; }
INLINE float load(const half_t* p) { return asFloat((unsigned)p->bits << 16); }
INLINE void store(half_t* p, float x) { unsigned u; memcpy(&u, &x, 4); p->bits = (u + 0x7fff + ((u >> 16) & 1)) >> 16; }
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

export function compiledDevice({ total = 2 ** 34 }: { total?: number } = {}): Device {
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
    form: { lanes: 1 },
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
      await writeFile(join(folder, 'kernels.cc'), `${WORDS}${COMMON}${WIDE}${fresh.map(source).join('\n')}`)
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
function source({ name, parameters, body }: Kernel): string {
  const list = parameters.map((p) => `${p.type}_t${p.pointer ? '*' : ''} ${p.name}`).join(', ')
  const given = parameters
    .map((p, i) => (p.pointer ? `(${p.type}_t*)given[${i}]` : `(${p.type}_t)given[${i}]`))
    .join(', ')
  return `
static void ${name}_block(${list}) {
${body}
}
extern "C" void ${name}(word_t* given, int x, int y, int threads) {
  gridDim = {x, y}; blockDim = {threads, 1}; threadIdx = {0, 0};
  for (int j = 0; j < y; j++) for (int i = 0; i < x; i++) { blockIdx = {i, j}; ${name}_block(${given}); }
}`
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
