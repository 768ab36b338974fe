import { type Form, threadsOf } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import { int, integer, of, step } from '../kernel/parameters.ts'
import { count, type Step, type View } from '../lower/step.ts'

/** Rows that a warp adds up by itself. */
const FEW = 8

/**
 * Rows added up where they belong, in the same order each time: first every row finds its place among all sorted by where
 * they go, then those that go to one place are added up, by a warp where they are few, else by a block. No atomics, so the
 * same numbers again and again.
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
      // Of those that go where it goes, the ones before it come before it.
      'int before = 0, other = lane;',
      'BY_FOUR for (; other < i; other += LANES) before += rows[other] <= own;',
      'BY_FOUR for (; other < n; other += LANES) before += rows[other] < own;',
      // Whole numbers up to 2²⁴ are exact as floats.
      'const int place = (int)sumOfLanes<LANES>((float)before);',
      'if (lane == 0) { scratch[place] = i; scratch[n + place] = own; }',
    ].join('\n'),
  )
  const widest = values.step.element === 'half' ? 8 : 4
  const vector = [widest, 4, 1].find((each) => width % each === 0 && values.offset % each === 0) ?? 1
  const deep = form.lanes === 1 ? 1 : 8
  const add = kernelOf(
    'scatter',
    [
      of('values', values.step.element),
      of('order', 'int'),
      of('table', 'float'),
      int('valuesOffset'),
      int('n'),
      int('last'),
    ],
    [
      `constexpr int C = ${width}, V = ${vector}, LANES = ${form.lanes}, E = V, DEEP = ${deep};`,
      'const int lane = threadIdx.x % LANES, depth = threadIdx.x / LANES, first = (blockIdx.y * LANES + lane) * V;',
      'const int place = blockIdx.x * DEEP + depth;',
      'const int* sorted = order + n;',
      'values += valuesOffset + first;',
      'SHARED int begins[DEEP];',
      'ROOM_FOR_SUMS',
      'const int own = place < n ? sorted[place] : -1;',
      'const bool isFirst = own >= 0 && own <= last && (place == 0 || sorted[place - 1] != own);',
      `const bool isLong = isFirst && place + ${FEW} < n && sorted[place + ${FEW}] == own;`,
      'float sum[E], one[E];',
      'if (isFirst && !isLong && first < C) {',
      '  loadWide<V>(values + (size_t)order[place] * C, sum);',
      '  for (int p = place + 1; p < n && sorted[p] == own; p++) { loadWide<V>(values + (size_t)order[p] * C, one); EACH sum[j] += one[j]; }',
      '  storeWide<V>(table + (size_t)own * C + first, sum);',
      '}',
      'if (lane == 0) begins[depth] = isLong ? place : -1;',
      'sync();',
      'for (int warp = 0; warp < DEEP; warp++) {',
      '  const int begin = begins[warp];',
      '  if (begin < 0) continue;',
      '  const int to = sorted[begin];',
      '  int end = begin;',
      '  for (int beyond = n; end + 1 < beyond;) { const int middle = (end + beyond) / 2; if (sorted[middle] == to) end = middle; else beyond = middle; }',
      '  EACH sum[j] = 0.f;',
      '  if (first < C) BY_FOUR for (int p = begin + depth; p <= end; p += DEEP) { loadWide<V>(values + (size_t)order[p] * C, one); EACH sum[j] += one[j]; }',
      '  float* target = table + (size_t)to * C;',
      '  ADD_UP(sum, target)',
      '}',
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
      grid: [Math.ceil(n / deep), Math.ceil(width / (form.lanes * vector))],
      threads: form.lanes * deep,
      arguments: [step(values.step), sorted, step(scatter), integer(values.offset), integer(n), integer(tableRows - 1)],
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
