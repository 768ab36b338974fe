import { attendKernel } from '../../../../src/engine/executors/cuda/attention/launch.ts'
import type { Address, BoundLaunch, Device } from '../../../../src/engine/executors/cuda/run/device.ts'
import type { KernelLaunch } from '../../../../src/engine/executors/cuda/kernel/kernel.ts'
import type { Attend, Beside, Input, Step, View } from '../../../../src/engine/executors/cuda/lower/step.ts'

/*
 * Attention by itself: its three kernels with inputs that half numbers hold exactly, and the same by plain loops. The tests
 * run it with the kernels as C++, the bench on a GPU.
 */

export interface Sizes {
  batch: number
  heads: number
  tokens: number
  size: number
  /** Of dropout */
  rate: number
  /** So many tokens at the end are masked in every second row of the batch. */
  masked: number
}

/** Results, [batch, tokens, heads, size]. */
export type Results = Record<'context' | 'dQuery' | 'dKeys' | 'dValues', Float32Array>

const DRAW = 0x1234567
const PLACE = 5
const MASK = -3.4028234663852886e38

/** Numbers that a half number of either kind holds. Some queries are large, so that scores rise along a row. */
export function inputsOf({ batch, heads, tokens, size, masked }: Sizes) {
  const rows = batch * tokens * heads
  let seed = 1
  const next = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0
    return ((seed >>> 16) % 257) - 128
  }
  const of = (scale: (row: number) => number) => {
    const made = new Float32Array(rows * size)
    for (let i = 0; i < made.length; i++) made[i] = next() * scale(Math.floor(i / size))
    return made
  }
  const bias = new Float32Array(batch * tokens)
  for (let b = 0; b < batch; b += 2) bias.fill(MASK, b * tokens + tokens - masked, (b + 1) * tokens)
  return {
    q: of((row) => (row % 5 === 0 ? 1 / 8 : 1 / 32)),
    k: of(() => 1 / 128),
    v: of(() => 1 / 64),
    d: of(() => 1 / 128),
    bias,
  }
}

/** Of one head of one row of the batch, by plain loops: [tokens, size] each. */
export function plainly(sizes: Sizes, batch: number, head: number): Results {
  const { heads, tokens, size, rate } = sizes
  const inputs = inputsOf(sizes)
  const at = (row: number, i: number) => ((batch * tokens + row) * heads + head) * size + i
  const dot = (a: Float32Array, i: number, b: Float32Array, j: number) => {
    let sum = 0
    for (let x = 0; x < size; x++) sum += (a[at(i, x)] ?? 0) * (b[at(j, x)] ?? 0)
    return sum
  }
  const scale = 1 / Math.sqrt(size)
  const up = 1 / (1 - rate)
  const threshold = Math.round((rate - 0.5) * 2 ** 32)
  const isKept = (row: number, column: number) =>
    rate === 0 ||
    Math.imul(drawOf(keyOf(2 * PLACE), (batch * heads + head) * tokens + row), drawOf(keyOf(2 * PLACE + 1), column)) >
      threshold
  const result = () => new Float32Array(tokens * size)
  const made = { context: result(), dQuery: result(), dKeys: result(), dValues: result() }
  for (let i = 0; i < tokens; i++) {
    const scores = Array.from({ length: tokens }, (_, j) => {
      const isMasked = (inputs.bias[batch * tokens + j] ?? 0) < 0
      return isMasked ? -Infinity : dot(inputs.q, i, inputs.k, j) * scale
    })
    const most = Math.max(...scores)
    const sum = scores.reduce((all, score) => all + Math.exp(score - most), 0)
    const weights = scores.map((score) => Math.exp(score - most) / sum)
    const flows = weights.map((weight, j) => (weight > 0 && isKept(i, j) ? up * dot(inputs.d, i, inputs.v, j) : 0))
    const shift = weights.reduce((all, weight, j) => all + weight * (flows[j] ?? 0), 0)
    weights.forEach((weight, j) => {
      if (weight === 0) return
      const slope = weight * ((flows[j] ?? 0) - shift) * scale
      const kept = isKept(i, j) ? weight * up : 0
      for (let x = 0; x < size; x++) {
        const add = (to: Float32Array, row: number, value: number) =>
          (to[row * size + x] = (to[row * size + x] ?? 0) + value)
        add(made.context, i, kept * (inputs.v[at(j, x)] ?? 0))
        add(made.dValues, j, kept * (inputs.d[at(i, x)] ?? 0))
        add(made.dQuery, i, slope * (inputs.k[at(j, x)] ?? 0))
        add(made.dKeys, j, slope * (inputs.q[at(i, x)] ?? 0))
      }
    })
  }
  return made
}

/** One head of one row of the batch, of results of all. */
export function partOf(of: Float32Array, { heads, tokens, size }: Sizes, batch: number, head: number): Float32Array {
  return Float32Array.from({ length: tokens * size }, (_, i) => {
    const row = Math.floor(i / size)
    return of[((batch * tokens + row) * heads + head) * size + (i % size)] ?? NaN
  })
}

/** The kernels, bound to memory that holds the inputs. */
export async function attentionAlone({
  device,
  sizes,
  half,
}: {
  device: Device
  sizes: Sizes
  half: 'bf16' | 'f16'
}): Promise<{
  launches: Record<Attend['part'], BoundLaunch>
  results: () => Promise<Results>
  free: () => void
}> {
  const { batch, heads, tokens, size, rate } = sizes
  const addresses = new Map<Step, Address>()
  let id = 0
  const memory = (step: Step, bytes: number, data?: ArrayBufferView) => {
    const address = device.allocate(bytes + 64)
    if (data) device.write(address, data)
    addresses.set(step, address)
  }
  const count = batch * tokens * heads * size
  const inputs = inputsOf(sizes)
  const input = (name: 'q' | 'k' | 'v' | 'd'): View => {
    const shape = [batch, tokens, heads, size]
    const step = {
      kind: 'input',
      name,
      from: 'feed',
      parts: [],
      id: id++,
      home: null,
      inputs: [],
      shape,
      element: 'half',
    } as Input
    const bits = new Uint16Array(count)
    const bitsOf = half === 'bf16' ? bitsOfBf16 : bitsOfF16
    for (let i = 0; i < count; i++) bits[i] = bitsOf(inputs[name][i] ?? NaN)
    memory(step, count * 2, bits)
    return { step, ...rows }
  }
  const rows = {
    shape: [batch, heads, tokens, size],
    strides: [tokens * heads * size, size, heads * size, 1],
    offset: 0,
  }
  const q = input('q')
  const k = input('k')
  const v = input('v')
  const d = input('d')
  const biasStep = {
    kind: 'input',
    name: 'bias',
    from: 'feed',
    parts: [],
    id: id++,
    home: null,
    inputs: [],
    shape: [batch, tokens],
    element: 'float',
  } as Input
  memory(biasStep, batch * tokens * 4, inputs.bias)
  const bias = { step: biasStep, shape: [batch, 1, 1, tokens], strides: [tokens, 0, 0, 1], offset: 0 }
  const attend = (part: Attend['part'], given: View[], besideShape: number[], element: 'float' | 'half') => {
    const beside = { kind: 'beside', id: id++, home: null, inputs: [], shape: besideShape, element } as Beside
    const step = {
      kind: 'attend',
      id: id++,
      home: null,
      part,
      scale: 1 / Math.sqrt(size),
      up: 1 / (1 - rate),
      dropout: rate > 0 ? { place: PLACE, rate } : null,
      strides: rows.strides.slice(0, 3),
      beside,
      inputs: given,
      shape: rows.shape,
      element: 'half',
    } as Attend
    memory(step, count * 2)
    memory(
      beside,
      besideShape.reduce((all, axis) => all * axis, element === 'half' ? 2 : 4),
    )
    return { step, beside }
  }
  const perRow = [batch, heads, tokens]
  const whole = (step: Step): View => ({ step, shape: step.shape, strides: [heads * tokens, tokens, 1], offset: 0 })
  const reads = [q, k, v, bias]
  const forward = attend('forward', reads, perRow, 'float')
  const norms = whole(forward.beside)
  const query = attend('query', [...reads, d, norms, { step: forward.step, ...rows }], perRow, 'float')
  const keys = attend('keys', [...reads, d, norms, whole(query.beside)], rows.shape, 'half')
  const draw = device.allocate(64)
  device.write(draw, BigUint64Array.of(BigInt(DRAW)))
  const bind = ({ kernel, grid, threads, arguments: given }: KernelLaunch): BoundLaunch => ({
    kind: 'kernel',
    kernel,
    grid,
    threads,
    arguments: given.map((argument) => {
      if (argument.kind === 'integer') return { value: argument.value, pointer: false }
      return { value: argument.kind === 'step' ? (addresses.get(argument.step) ?? 0n) : draw, pointer: true }
    }),
  })
  const made = [forward, query, keys].map(({ step }) => attendKernel({ step, form: device.form }))
  await device.load(made.map(({ kernel }) => kernel))
  const [first, second, third] = made.map(bind) as [BoundLaunch, BoundLaunch, BoundLaunch]
  const read = async (step: Step) => {
    const bits = new Uint16Array(count)
    await device.read(addresses.get(step) ?? 0n, bits)
    return Float32Array.from(bits, half === 'bf16' ? ofBf16 : ofF16)
  }
  return {
    launches: { forward: first, query: second, keys: third },
    results: async () => ({
      context: await read(forward.step),
      dQuery: await read(query.step),
      dKeys: await read(keys.step),
      dValues: await read(keys.beside),
    }),
    free: () => {
      for (const address of [...addresses.values(), draw]) device.free(address)
    },
  }
}

// The draws of kernel/words/everywhere.ts.
function mix(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
function keyOf(place: number): number {
  return mix((DRAW + Math.imul(place, 0x9e3779b9)) | 0)
}
function drawOf(key: number, index: number): number {
  return mix(key ^ Math.imul(index + 1, 0x85ebca6b)) | 1
}

const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)
function bitsOf(value: number): number {
  float[0] = value
  return word[0] ?? NaN
}
function bitsOfBf16(value: number): number {
  return bitsOf(value) >>> 16
}
function ofBf16(bits: number): number {
  word[0] = bits << 16
  return float[0] ?? NaN
}
/** Of numbers that are one exactly, and normal. */
function bitsOfF16(value: number): number {
  const bits = bitsOf(value)
  return value === 0 ? 0 : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 1023)
}
function ofF16(bits: number): number {
  const exponent = (bits >>> 10) & 31
  const size = exponent === 0 ? (bits & 1023) * 2 ** -24 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15)
  return exponent === 31 ? NaN : bits & 0x8000 ? -size : size
}
