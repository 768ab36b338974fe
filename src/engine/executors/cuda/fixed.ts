import { kernelOf, type Kernel, type KernelLaunch, type ManyLaunch, type Parameter } from './kernel.ts'
import type { Form } from './emit.ts'
import { count, type Matrices, type Step, type View } from './step.ts'

/*
 * Kernels whose text does not follow from the program: products too small for the matrix units, rows added up where they
 * belong, sums of squares, running sums, and copies in half precision.
 */

const THREADS = 256
/** Elements whose squares one block sums. */
const SQUARES_BLOCK = 16_384

const of = (name: string, type: Parameter['type']): Parameter => ({ name, type, pointer: true })
const int = (name: string): Parameter => ({ name, type: 'int', pointer: false })
const step = (step: Step) => ({ kind: 'step', step }) as const
const integer = (value: number) => ({ kind: 'integer', value }) as const

/** A dot product a warp, or a thread where it is short: for products that are too small or too crooked for cuBLAS, and for all where there is none. */
export function dotProduct({ product, form }: { product: Step & { kind: 'product' }; form: Form }): KernelLaunch {
  const [a, b, bias] = product.inputs as [View, View, View | undefined]
  const { matrices } = product
  const lanes = matrices.k < 32 ? 1 : form.lanes
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
    `constexpr int LANES = ${lanes};`,
    'const long long item = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;',
    'if (item >= (long long)count * m * n) return;',
    'const int lane = threadIdx.x % LANES, column = (int)(item % n), row = (int)(item / n % m), batch = (int)(item / n / m);',
    'a += aOffset + (size_t)batch * aStride; b += bOffset + (size_t)batch * bStride; c += (size_t)batch * cStride;',
    'float sum = 0.f;',
    `BY_FOUR for (int i = lane; i < k; i += LANES) sum += load(&${at('a', matrices.a.transposed, 'row', 'i')}) * load(&${at('b', matrices.b.transposed, 'i', 'column')});`,
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

/**
 * Rows added up where they belong, in the same order each time: first every row finds its place among all sorted by where
 * they go, then a block adds up those that go to one place. No atomics, so the same numbers again and again.
 */
export function scatterAdd({ scatter, form }: { scatter: Step & { kind: 'scatterAdd' }; form: Form }): KernelLaunch[] {
  const [values, rows] = scatter.inputs as [View, View]
  const [tableRows = 1, width = 1] = scatter.shape
  const n = count(rows.shape)
  const order = kernelOf(
    'order',
    [of('rows', 'int'), of('scratch', 'int'), int('rowsOffset'), int('n')],
    [
      `constexpr int LANES = ${form.lanes};`,
      'const int i = (blockIdx.x * blockDim.x + threadIdx.x) / LANES, lane = threadIdx.x % LANES;',
      'if (i >= n) return;',
      'rows += rowsOffset;',
      'const int own = rows[i];',
      // Whole numbers up to 2²⁴ are exact as floats.
      'float less = 0.f, equal = 0.f, before = 0.f;',
      'BY_FOUR for (int other = lane; other < n; other += LANES) { const int row = rows[other]; less += row < own; equal += row == own; before += row == own && other < i; }',
      'less = sumOfLanes<LANES>(less); equal = sumOfLanes<LANES>(equal); before = sumOfLanes<LANES>(before);',
      'const int place = (int)(less + before);',
      'if (lane == 0) { scratch[place] = i; scratch[n + place] = before == 0.f ? (int)equal : 0; }',
    ].join('\n'),
  )
  const vector = width % 4 === 0 ? 4 : 1
  const deep = form.lanes === 1 ? 1 : 8
  const add = kernelOf(
    'scatter',
    [
      of('values', values.step.element),
      of('rows', 'int'),
      of('order', 'int'),
      of('table', 'float'),
      int('valuesOffset'),
      int('rowsOffset'),
      int('n'),
      int('last'),
    ],
    [
      `constexpr int C = ${width}, V = ${vector}, LANES = ${form.lanes}, E = V, DEEP = ${deep};`,
      'const int lane = threadIdx.x % LANES, depth = threadIdx.x / LANES, first = (blockIdx.y * LANES + lane) * V;',
      'const int members = order[n + blockIdx.x];',
      'if (members == 0) return;',
      'const int to = rows[rowsOffset + order[blockIdx.x]];',
      'if (to < 0 || to > last) return;',
      'float sum[E], one[E]; EACH sum[j] = 0.f;',
      `if (first < C) BY_FOUR for (int member = depth; member < members; member += DEEP) { loadWide<${vector}>(values + valuesOffset + (size_t)order[blockIdx.x + member] * C + first, one); EACH sum[j] += one[j]; }`,
      'float* target = table + (size_t)to * C;',
      'ADD_UP(sum, target)',
    ].join('\n'),
  )
  const sorted = { kind: 'scratch' } as const
  return [
    {
      kind: 'kernel',
      kernel: order,
      grid: [Math.ceil((n * form.lanes) / threadsOf(form)), 1],
      threads: threadsOf(form),
      arguments: [step(rows.step), sorted, integer(rows.offset), integer(n)],
      scratch: n * 8,
      counters: 0,
    },
    {
      kind: 'kernel',
      kernel: add,
      grid: [n, Math.ceil(width / (form.lanes * vector))],
      threads: form.lanes * deep,
      arguments: [
        step(values.step),
        step(rows.step),
        sorted,
        step(scatter),
        integer(values.offset),
        integer(rows.offset),
        integer(n),
        integer(tableRows - 1),
      ],
      scratch: n * 8,
      counters: 0,
    },
  ]
}

/** For each row of a table where it is named, counted from 1. It was zeros. */
export function placeOf({ places, form }: { places: Step & { kind: 'placeOf' }; form: Form }): KernelLaunch {
  const [rows] = places.inputs as [View]
  const n = count(rows.shape)
  const body = [
    'const int i = blockIdx.x * blockDim.x + threadIdx.x;',
    'if (i >= n) return;',
    'const int row = rows[offset + i];',
    'if (row >= 0) places[row] = i + 1;',
  ]
  return {
    kind: 'kernel',
    kernel: kernelOf('place_of', [of('rows', 'int'), of('places', 'int'), int('offset'), int('n')], body.join('\n')),
    grid: [Math.ceil(n / threadsOf(form)), 1],
    threads: threadsOf(form),
    arguments: [step(rows.step), step(places), integer(rows.offset), integer(n)],
    scratch: 0,
    counters: 0,
  }
}

/** The sums of squares of many tensors: each block leaves one, then a warp a tensor adds up its blocks'. */
export function sumsOfSquares({ squares, form }: { squares: readonly Step[]; form: Form }): {
  launches: ManyLaunch[]
  scratch: number
} {
  const table: Parameter[] = [of('pieceOf', 'int'), of('table', 'word')]
  const find = (width: number) => `const word_t* piece = table + (size_t)pieceOf[blockIdx.x] * ${width};`
  const block = kernelOf(
    'squares',
    table,
    [
      find(5),
      'const float* values = (const float*)piece[1]; const int offset = (int)piece[3], length = (int)piece[4];',
      `const int from = (blockIdx.x - (int)piece[0]) * ${SQUARES_BLOCK}, to = from + ${SQUARES_BLOCK} < length ? from + ${SQUARES_BLOCK} : length;`,
      'float sum = 0.f;',
      // Four at once where they lie so.
      'values += offset;',
      'int i = from + 4 * (int)threadIdx.x;',
      'if (offset % 4 == 0) BY_FOUR for (; i + 3 < to; i += 4 * blockDim.x) { float four[4]; loadWide<4>(values + i, four); sum += four[0] * four[0] + four[1] * four[1] + four[2] * four[2] + four[3] * four[3]; }',
      'for (; i < to; i += 4 * blockDim.x) for (int j = i; j < i + 4 && j < to; j++) sum += values[j] * values[j];',
      `sum = sumOfLanes<${threadsOf(form)}>(sum);`,
      'if (threadIdx.x == 0) ((float*)piece[2])[blockIdx.x] = sum;',
    ].join('\n'),
  )
  const total = kernelOf(
    'squares_total',
    table,
    [
      find(5),
      'const float* sums = (const float*)piece[1]; const int from = (int)piece[3], blocks = (int)piece[4];',
      'float sum = 0.f;',
      'for (int i = threadIdx.x; i < blocks; i += blockDim.x) sum += sums[from + i];',
      `sum = sumOfLanes<${form.lanes}>(sum);`,
      'if (threadIdx.x == 0) *(float*)piece[2] = sum;',
    ].join('\n'),
  )
  let from = 0
  const tensors = squares.map((square) => {
    const view = square.inputs[0] as View
    const length = count(view.shape)
    const blocks = Math.ceil(length / SQUARES_BLOCK)
    const begin = from
    from += blocks
    return { square, view, length, blocks, begin }
  })
  const scratch = { kind: 'scratch' } as const
  return {
    scratch: from * 4,
    launches: [
      {
        kind: 'many',
        kernel: block,
        threads: threadsOf(form),
        pieces: tensors.map(({ view, length, blocks }) => ({
          blocks,
          arguments: [step(view.step), scratch, integer(view.offset), integer(length)],
        })),
      },
      {
        kind: 'many',
        kernel: total,
        threads: form.lanes,
        pieces: tensors.map(({ square, blocks, begin }) => ({
          blocks: 1,
          arguments: [scratch, step(square), integer(begin), integer(blocks)],
        })),
      },
    ],
  }
}

/** Running sums along the last axis, a warp a row. */
export function runningSum({ sum, form }: { sum: Step & { kind: 'runningSum' }; form: Form }): KernelLaunch {
  const [view] = sum.inputs as [View]
  const width = sum.shape.at(-1) ?? 1
  const rows = count(sum.shape) / width
  const body = [
    `from += offset + (size_t)blockIdx.x * width; to += (size_t)blockIdx.x * width;`,
    'float before = 0.f, all;',
    `for (int start = 0; start < width; start += ${form.lanes}) {`,
    'const int i = start + threadIdx.x;',
    'const float sum = before + scanOfWarp(i < width ? load(from + i) : 0.f, &all);',
    'if (i < width) store(to + i, sum);',
    'before += all;',
    '}',
  ]
  return {
    kind: 'kernel',
    kernel: kernelOf(
      'running_sum',
      [of('from', view.step.element), of('to', sum.element), int('offset'), int('width')],
      body.join('\n'),
    ),
    grid: [rows, 1],
    threads: form.lanes,
    arguments: [step(view.step), step(sum), integer(view.offset), integer(width)],
    scratch: 0,
    counters: 0,
  }
}

/** A state in half precision beside itself. */
export function copyKernel(form: Form): { kernel: Kernel; threads: number; blocks: (length: number) => number } {
  const body = ['const int i = blockIdx.x * blockDim.x + threadIdx.x;', 'if (i < length) store(to + i, from[i]);']
  return {
    kernel: kernelOf('to_half', [of('from', 'float'), of('to', 'half'), int('length')], body.join('\n')),
    threads: threadsOf(form),
    blocks: (length) => Math.ceil(length / threadsOf(form)),
  }
}

function threadsOf({ lanes }: Form): number {
  return lanes === 1 ? 1 : THREADS
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0
}
