import type { Form } from './emit.ts'
import { int, integer, of, step, threadsOf } from './fixed.ts'
import { kernelOf, type KernelLaunch } from './kernel.ts'
import { count, type Step, type View } from './step.ts'

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
