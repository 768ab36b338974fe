import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../../../src/config.ts'
import { findGpu } from '../../../src/engine/executors/cuda/driver/find.ts'
import { wheelsFolder } from '../../../src/engine/executors/cuda/driver/libraries.ts'
import type { Precision } from '../../../src/engine/executors/precision.ts'
import type { Checked } from './steps.ts'

/*
 * `npm run test:gpu`: golden runs of Trainer, and steps of a model of real size beside the onnx executor, on the GPU of
 * this machine. tests/engine/executors/cuda checks the same kernels by a C++ compiler, where there is none. With OUT, a
 * folder, all that was found is written to checks.jsonl there.
 */

/**
 * In parts of what 32-bit floats give; docs/performance.md tells what was seen. `first` is the loss of the first step, whose
 * weights are the same; `middle` and `worst` are that of all six, over the sets of batches. Of what is smooth, all six again,
 * and the gradients of the middle parameter.
 */
interface Most {
  first: number
  middle: number
  worst: number
  smooth: { loss: number; gradient: number } | null
}
const MOST: Readonly<Record<Precision, Most>> = {
  fp32: { first: 1e-6, middle: 1e-5, worst: 1e-5, smooth: null },
  tf32: { first: 5e-5, middle: 6e-3, worst: 1.5e-2, smooth: { loss: 3e-4, gradient: 8e-4 } },
  bf16: { first: 6e-4, middle: 1.2e-2, worst: 3e-2, smooth: { loss: 1.5e-3, gradient: 7e-3 } },
  fp16: { first: 5e-5, middle: 8e-3, worst: 2e-2, smooth: { loss: 3e-4, gradient: 1e-3 } },
}
/** Of golden runs of Trainer: in fp32 of everything to the end, else of the first six losses; and of unusual sizes. */
const GOLDEN: Readonly<Record<Precision, number>> = { fp32: 1e-5, tf32: 1e-3, bf16: 1e-2, fp16: 1e-2 }

const gpu = await findGpu({ wheels: wheelsFolder(readConfig(process.env).dataFolder) })
if ('what' in gpu) {
  process.stdout.write(`Nothing was tested: ${gpu.what}. ${gpu.remedy}\n`)
  process.exit(0)
}

// Packed (pack.ts), both are bundles.
const [bench = ''] = ['bench.ts', 'bench.mjs']
  .map((file) => fileURLToPath(new URL(file, import.meta.url)))
  .filter((path) => existsSync(path))
let failed = 0
const expectAtMost = (what: string, value: number, most: number) => {
  const holds = value <= most
  if (!holds) failed++
  process.stdout.write(
    `${holds ? 'ok  ' : 'FAIL'} ${what}: ${value.toExponential(1)}, at most ${most.toExponential(0)}\n`,
  )
}
for (const precision of ['fp32', 'tf32', 'bf16', 'fp16'] as const) {
  const child = spawnSync(process.execPath, [...process.execArgv, bench, 'check', JSON.stringify({ precision })], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (child.status !== 0) throw new Error(`${precision} ended with ${child.status}: ${child.stderr.slice(-2000)}`)
  const checked = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as Checked
  if (process.env.OUT) {
    appendFileSync(join(process.env.OUT, 'checks.jsonl'), `${JSON.stringify({ precision, ...checked })}\n`)
  }
  const { golden, unusual, compared, smooth, checkpointed, same_twice } = checked
  const most = MOST[precision]
  const worst = compared.map(({ loss }) => Math.max(...loss))
  for (const [name, apart] of Object.entries(golden))
    expectAtMost(`golden run ${name}, ${precision}`, apart, GOLDEN[precision])
  for (const [name, apart] of Object.entries(unusual)) expectAtMost(`${name}, ${precision}`, apart, GOLDEN[precision])
  expectAtMost(`first step, ${precision}`, Math.max(...compared.map(({ loss }) => loss[0] ?? NaN)), most.first)
  expectAtMost(`six steps of the middle set, ${precision}`, middle(worst), most.middle)
  expectAtMost(`six steps of any set, ${precision}`, Math.max(...worst), most.worst)
  if (smooth && checkpointed && most.smooth) {
    expectAtMost(`six steps, smooth, ${precision}`, Math.max(...smooth.loss), most.smooth.loss)
    const again = Math.max(...checkpointed.loss)
    expectAtMost(`the same with gradient checkpointing, ${precision}`, again, most.smooth.loss)
    expectAtMost(`gradients, smooth, ${precision}`, middle(Object.values(smooth.gradients)), most.smooth.gradient)
  }
  expectAtMost(`the same twice, ${precision}`, same_twice ? 0 : 1, 0)
}
process.exit(failed === 0 ? 0 : 1)

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
