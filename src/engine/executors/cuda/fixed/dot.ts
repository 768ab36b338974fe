import type { Form } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import { int, integer, of, step } from '../kernel/parameters.ts'
import { BYTES, type Matrices, type Step, type View } from '../lower/step.ts'

/** Bytes of the widest load. */
const LOAD = 16

/**
 * A dot product by as many threads as can load of it at once, up to a warp: for products that are too small or too crooked
 * for cuBLAS, and for all where there is none.
 */
export function dotProduct({ product, form }: { product: Step & { kind: 'product' }; form: Form }): KernelLaunch {
  const [a, b, bias] = product.inputs as [View, View, View | undefined]
  const { matrices } = product
  const width = widthOf(matrices, a, b)
  const lanes = matrices.k < 32 ? 1 : Math.min(form.lanes, 2 ** Math.floor(Math.log2(matrices.k / width)))
  const plain: (keyof Matrices)[] = ['m', 'n', 'k', 'count']
  const operand = (name: 'a' | 'b' | 'c') => [int(`${name}Ld`), int(`${name}Stride`)]
  const parameters = [
    of('a', a.step.element),
    of('b', b.step.element),
    of('c', product.element),
    ...(bias ? [of('bias', bias.step.element)] : []),
    ...plain.map(int),
    ...(['a', 'b', 'c'] as const).flatMap(operand),
    int('aOffset'),
    int('bOffset'),
    ...(bias ? [int('biasOffset')] : []),
    int('scaleBits'),
  ]
  const at = (name: string, transposed: boolean, row: string, column: string) =>
    transposed ? `${name}[(size_t)${column} * ${name}Ld + ${row}]` : `${name}[(size_t)${row} * ${name}Ld + ${column}]`
  const body = [
    `constexpr int LANES = ${lanes}, V = ${width};`,
    'const long long item = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;',
    'if (item >= (long long)count * m * n) return;',
    'const int lane = threadIdx.x % LANES, column = (int)(item % n), row = (int)(item / n % m), batch = (int)(item / n / m);',
    'a += aOffset + (size_t)batch * aStride; b += bOffset + (size_t)batch * bStride; c += (size_t)batch * cStride;',
    'float sum = 0.f;',
    ...(width === 1
      ? [
          `BY_FOUR for (int i = lane; i < k; i += LANES) sum += load(&${at('a', matrices.a.transposed, 'row', 'i')}) * load(&${at('b', matrices.b.transposed, 'i', 'column')});`,
        ]
      : [
          'BY_FOUR for (int i = lane * V; i < k; i += LANES * V) {',
          `  float l[V], r[V]; loadWide<V>(&${at('a', false, 'row', 'i')}, l); loadWide<V>(&${at('b', true, 'i', 'column')}, r);`,
          '  UNROLLED for (int j = 0; j < V; j++) sum += l[j] * r[j];',
          '}',
        ]),
    'sum = sumOfLanes<LANES>(sum) * asFloat((unsigned)scaleBits);',
    bias ? 'sum += load(bias + biasOffset + column);' : '',
    'if (lane == 0) store(c + (size_t)row * cLd + column, sum);',
  ]
  const perBlock = form.lanes === 1 ? 1 : 128 / lanes
  return {
    kind: 'kernel',
    kernel: kernelOf('dot', parameters, body.join('\n')),
    grid: [Math.ceil((matrices.count * matrices.m * matrices.n) / perBlock), 1],
    threads: lanes * perBlock,
    arguments: [
      step(a.step),
      step(b.step),
      step(product),
      ...(bias ? [step(bias.step)] : []),
      ...plain.map((name) => integer(matrices[name] as number)),
      ...[matrices.a, matrices.b, matrices.c].flatMap(({ ld, stride }) => [integer(ld), integer(stride)]),
      integer(a.offset),
      integer(b.offset),
      ...(bias ? [integer(bias.offset)] : []),
      integer(bitsOf(matrices.scale)),
    ],
    scratch: 0,
    counters: 0,
  }
}

/** Elements that can be loaded at once: more than one where both operands lie along their dot products. */
function widthOf({ k, a, b }: Matrices, left: View, right: View): number {
  if (a.transposed || !b.transposed) return 1
  const begins = [k, a.ld, a.stride, left.offset, b.ld, b.stride, right.offset]
  let width = LOAD / Math.max(BYTES[left.step.element], BYTES[right.step.element])
  while (width > 1 && begins.some((each) => each % width !== 0)) width /= 2
  return width
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0
}
