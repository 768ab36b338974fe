import type { Form } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import { int, integer, of, step } from '../kernel/parameters.ts'
import { count, type Step, type View } from '../lower/step.ts'

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
