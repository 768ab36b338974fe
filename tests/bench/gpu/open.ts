import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cudaExecutor } from '../../../src/engine/executors/cuda/executor.ts'
import type { Device } from '../../../src/engine/executors/cuda/run/device.ts'
import { findGpu } from '../../../src/engine/executors/cuda/driver/find.ts'
import { openGpu } from '../../../src/engine/executors/cuda/driver/gpu.ts'
import type { Precision } from '../../../src/engine/executors/precision.ts'

const CACHE = join(tmpdir(), 'finetune-cubins')

/** The GPU of this machine, and an executor on it. */
export async function open(precision: Precision, wrap: (device: Device) => Device = (device) => device) {
  const gpu = await findGpu({ wheels: null })
  if ('what' in gpu) throw new Error(`${gpu.what}. ${gpu.remedy}`)
  const device = await openGpu({
    gpu,
    precision,
    cacheFolder: CACHE,
    overlap: process.env.OVERLAP !== '0',
    // Attention in many kernels, or by warps where warpgroups could do it
    ...(process.env.TILES === '0' ? { tiles: null } : process.env.TILES === 'warp' ? { tiles: 'warp' } : {}),
  })
  return { device, executor: cudaExecutor({ device: wrap(device), precision }) }
}

export const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
export const round = (value: number) => Number(value.toFixed(3))
