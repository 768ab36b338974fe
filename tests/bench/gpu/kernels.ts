import type { BoundLaunch, Device } from '../../../src/engine/executors/cuda/run/device.ts'
import type { Precision } from '../../../src/engine/executors/precision.ts'
import {
  attentionAlone,
  partOf,
  plainly,
  type Results,
  type Sizes,
} from '../../engine/executors/cuda/attention-alone.ts'
import { productsAlone } from '../../engine/executors/cuda/products-alone.ts'
import { open, round } from './open.ts'
import { type Shape, startShape } from './shapes.ts'

/** The least milliseconds of eight times that launches take in a graph of their own. */
function timesOn(device: Device): (launches: readonly BoundLaunch[]) => Promise<number> {
  const feeds = { to: device.allocate(512), bytes: new Uint8Array(64) }
  return async (launches) => {
    const recording = device.record(launches)
    const times: number[] = []
    for (let i = 0; i < 8; i++) {
      const start = performance.now()
      await device.submit({ recording, feeds, results: { from: feeds.to, bytes: 64 } })
      times.push(performance.now() - start)
    }
    recording.close()
    return Math.min(...times)
  }
}

const twentyOf = (launch: BoundLaunch) => Array.from({ length: 20 }, () => launch)

/** Products of a step, each alone, by the shapes that are asked for. */
export async function products(): Promise<object> {
  const { device } = await open('bf16')
  const room = () => device.allocate(2 ** 27)
  const [a, b, c] = [room(), room(), room()]
  const timeOf = timesOn(device)
  const result: Record<string, number> = {}
  const shapes: [number, number, number, boolean, boolean, 'half' | 'float'][] = [
    [4096, 768, 768, false, true, 'half'],
    [4096, 2304, 768, false, true, 'half'],
    [4096, 768, 768, false, false, 'half'],
    [4096, 768, 2304, false, false, 'half'],
    [768, 768, 4096, true, false, 'float'],
    [2304, 768, 4096, true, false, 'float'],
    [3072, 768, 4096, true, false, 'float'],
    [4096, 3072, 768, false, true, 'half'],
    [4096, 768, 3072, false, true, 'half'],
    [1024, 768, 768, false, true, 'half'],
    [1024, 2304, 768, false, true, 'half'],
    [1024, 768, 2304, false, false, 'half'],
    [768, 768, 1024, true, false, 'float'],
    [2304, 768, 1024, true, false, 'float'],
  ]
  const kernel = { name: 'none', parameters: [], body: '', bounds: null, shared: 0 }
  for (const [m, n, k, left, right, element] of shapes) {
    const launch: BoundLaunch = {
      kind: 'product',
      matrices: {
        m,
        n,
        k,
        count: 1,
        scale: 1,
        a: { transposed: left, ld: left ? m : k, stride: 0 },
        b: { transposed: right, ld: right ? k : n, stride: 0 },
        c: { ld: n, stride: 0 },
      },
      elements: { operands: 'half', result: element },
      a,
      b,
      c,
      bias: null,
      fallback: { kind: 'kernel', kernel, grid: [1, 1], threads: 1, arguments: [] },
    }
    const ms = (await timeOf(Array.from({ length: 100 }, () => launch))) - (await timeOf([launch]))
    result[`${m}x${n}x${k}${left ? ' left' : ''}${right ? ' right' : ''} ${element}`] = round((ms / 99) * 1000)
  }
  return result
}

/** Attention alone: the words for products, the kernels beside plain loops, and microseconds of each at several sizes. */
export async function attention(precision: Precision): Promise<object> {
  const half = precision === 'fp16' ? 'f16' : 'bf16'
  const { device } = await open(precision)
  const products = await productsAlone(device, half)
  const wrong = products.filter(({ scores, gathered }) => scores + gathered > 0)
  const checked: object[] = []
  for (const sizes of [
    { batch: 2, heads: 2, tokens: 160, size: 64, rate: 0.1, masked: 40 },
    { batch: 2, heads: 3, tokens: 512, size: 64, rate: 0.1, masked: 0 },
    { batch: 1, heads: 2, tokens: 64, size: 64, rate: 0, masked: 0 },
    { batch: 2, heads: 2, tokens: 128, size: 32, rate: 0.1, masked: 3 },
    { batch: 1, heads: 2, tokens: 96, size: 16, rate: 0.1, masked: 0 },
    { batch: 1, heads: 2, tokens: 96, size: 48, rate: 0.1, masked: 0 },
  ]) {
    const { launches, results } = await attentionAlone({ device, sizes, half })
    device.run([launches.forward, launches.query, launches.keys])
    const got = await results()
    const apart: Record<string, number> = {}
    const [batch, head] = [sizes.batch - 1, sizes.heads - 1]
    const wanted = plainly(sizes, batch, head)
    for (const name of Object.keys(wanted) as (keyof Results)[]) {
      const part = partOf(got[name], sizes, batch, head)
      const length = (of: (i: number) => number) => Math.hypot(...Array.from(part, (_, i) => of(i)))
      apart[name] = length((i) => (part[i] ?? NaN) - (wanted[name][i] ?? NaN)) / length((i) => wanted[name][i] ?? NaN)
    }
    checked.push({ ...sizes, apart })
  }
  const timeOf = timesOn(device)
  const empty = await timeOf([])
  const timed: object[] = []
  for (const [batch, tokens] of [
    [32, 512],
    [16, 256],
    [64, 128],
  ].slice(0, process.env.SHORT ? 1 : 3) as [number, number][]) {
    const sizes: Sizes = { batch, heads: 12, tokens, size: 64, rate: 0.1, masked: 0 }
    const { launches, free } = await attentionAlone({ device, sizes, half })
    device.run([launches.forward, launches.query, launches.keys])
    const us = async (launch: BoundLaunch) => round((((await timeOf(twentyOf(launch))) - empty) / 20) * 1000)
    timed.push({
      batch,
      tokens,
      forward: await us(launches.forward),
      query: await us(launches.query),
      keys: await us(launches.keys),
    })
    free()
  }
  return { form: device.form, wrong, checked, timed }
}

/** Where a step's time goes: each launch alone, twenty times in a graph of its own. */
export async function profile(shape: Shape, precision: Precision): Promise<object> {
  let launches: readonly BoundLaunch[] = []
  let device: Device | null = null
  const { executor } = await open(precision, (opened) => {
    device = opened
    return {
      ...opened,
      record: (given) => {
        launches = given
        return opened.record(given)
      },
    }
  })
  const { learner, batchOf } = await startShape({ executor, shape })
  await learner.step({ batches: [batchOf(1)], update: 0, learning_rate: 5e-5 })
  const timeOf = timesOn(device as unknown as Device)
  const empty = await timeOf([])
  const parts = new Map<string, { ms: number; launches: number }>()
  for (const launch of launches) {
    const name =
      launch.kind === 'product'
        ? `product ${launch.matrices.m}x${launch.matrices.n}x${launch.matrices.k} by ${launch.matrices.count}`
        : launch.kind === 'kernel'
          ? launch.kernel.name
          : 'clear'
    const ms = ((await timeOf(twentyOf(launch))) - empty) / 20
    const part = parts.get(name) ?? { ms: 0, launches: 0 }
    parts.set(name, { ms: part.ms + ms, launches: part.launches + 1 })
  }
  const sorted = [...parts].sort(([, a], [, b]) => b.ms - a.ms)
  return {
    launches: launches.length,
    sum_ms: round(sorted.reduce((sum, [, { ms }]) => sum + ms, 0)),
    parts: Object.fromEntries(sorted.map(([name, { ms, launches }]) => [name, [round(ms), launches]])),
  }
}
