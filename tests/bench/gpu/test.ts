import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../../../src/config.ts'
import { findGpu } from '../../../src/engine/executors/cuda/driver/find.ts'
import { wheelsFolder } from '../../../src/engine/executors/cuda/driver/libraries.ts'
import type { Precision } from '../../../src/engine/executors/precision.ts'

/*
 * `npm run test:gpu`: golden runs of Trainer, and steps of a model of real size beside the onnx executor, on the GPU of
 * this machine. tests/engine/executors/cuda checks the same kernels by a C++ compiler, where there is none.
 */

/** How far the loss of any of six steps may be from that of 32-bit floats: docs/performance.md tells what was seen. */
const APART: Readonly<Record<Precision, number>> = { fp32: 1e-5, tf32: 1e-2, bf16: 4e-2, fp16: 3e-2 }
const GOLDEN = 1e-5

interface Checked {
  golden: Record<string, number>
  compared: { dropout: number; worst_loss: number; worst_checkpointed: number; same_twice: boolean }[]
}

const gpu = await findGpu({ wheels: wheelsFolder(readConfig(process.env).dataFolder) })
if ('what' in gpu) {
  process.stdout.write(`Nothing was tested: ${gpu.what}. ${gpu.remedy}\n`)
  process.exit(0)
}

let failed = 0
const expectAtMost = (what: string, value: number, most: number) => {
  const holds = value <= most
  if (!holds) failed++
  process.stdout.write(
    `${holds ? 'ok  ' : 'FAIL'} ${what}: ${value.toExponential(1)}, at most ${most.toExponential(0)}\n`,
  )
}
for (const precision of ['fp32', 'tf32', 'bf16', 'fp16'] as const) {
  const bench = fileURLToPath(new URL('bench.ts', import.meta.url))
  const child = spawnSync(process.execPath, [...process.execArgv, bench, 'check', JSON.stringify({ precision })], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (child.status !== 0) throw new Error(`${precision} ended with ${child.status}: ${child.stderr.slice(-2000)}`)
  const { golden, compared } = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as Checked
  for (const [name, worst] of Object.entries(golden)) expectAtMost(`golden run ${name}, ${precision}`, worst, GOLDEN)
  for (const { dropout, worst_loss, worst_checkpointed, same_twice } of compared) {
    expectAtMost(`six steps with dropout ${dropout}, ${precision}`, worst_loss, APART[precision])
    expectAtMost(`the same with gradient checkpointing, ${precision}`, worst_checkpointed, APART[precision])
    expectAtMost(`the same twice with dropout ${dropout}, ${precision}`, same_twice ? 0 : 1, 0)
  }
}
process.exit(failed === 0 ? 0 : 1)
