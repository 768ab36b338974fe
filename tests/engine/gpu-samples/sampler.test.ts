import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { openEvents } from '../../../src/engine/events.ts'
import { openCard, readCardMemory } from '../../../src/engine/gpu-samples/nvml.ts'
import { gpuSampler, type GpuSampler } from '../../../src/engine/gpu-samples/sampler.ts'
import { startHeartbeat } from '../../../src/engine/heartbeat.ts'
import { compilerMissing } from '../executors/cuda/compiled.ts'
import { testFolder } from '../folder.ts'

const missing = await compilerMissing()
const folder = testFolder()

const WHOLE = { utilization: 90, memory_bytes: 40.5 * 2 ** 30, temperature: 64, power_watts: 412.5 }

// NVML and the driver, replaced by a library that answers what is written in it.
describe.skipIf(missing !== null)('samples of a GPU', () => {
  let count = 0
  let library = ''
  /** A copy for each test: a library keeps its numbers as long as it is loaded. */
  const open = () => openCard({ nvml: ['/nowhere.so', library], driver: ['/nowhere.so', library] })
  afterEach(() => {
    delete process.env.STAND_IN_FAILS
  })
  const build = async (...flags: string[]) => {
    library = join(folder, `stand-in-${count++}.so`)
    const source = fileURLToPath(new URL('stand-in.c', import.meta.url))
    await promisify(execFile)('g++', [...flags, '-x', 'c', '-w', '-shared', '-fPIC', '-o', library, source])
  }

  it('are of the card that CUDA calls the first one', async () => {
    await build()
    expect(open()()).toEqual(WHOLE)
  })

  it('count the memory of the driver in where it knows no better', async () => {
    await build('-DOLD')
    expect(open()()).toEqual({ ...WHOLE, memory_bytes: 41 * 2 ** 30 })
  })

  it('leave out what the card does not tell', async () => {
    await build()
    process.env.STAND_IN_FAILS = 'nvmlDeviceGetUtilizationRates'
    expect(open()()).toEqual({ ...WHOLE, utilization: null })
    process.env.STAND_IN_FAILS = 'nvmlDeviceGetPowerUsage'
    expect(open()()).toEqual({ ...WHOLE, power_watts: null })
  })

  it('tell how much memory is free', async () => {
    await build()
    const paths = { nvml: [library], driver: [library] }
    expect(readCardMemory(paths)).toEqual({ total: 85 * 2 ** 30, free: 44 * 2 ** 30 })
    process.env.STAND_IN_FAILS = 'nvmlDeviceGetMemoryInfo'
    expect(() => readCardMemory(paths)).toThrow('nvmlDeviceGetMemoryInfo answered 3')
  })

  it('are taken at most once a second', async () => {
    await build()
    let time = 0
    const sample = gpuSampler({ open, now: () => time })
    const utilizations = [0, 999, 1000, 1999, 2001].map((at) => {
      time = at
      return sample()?.utilization
    })
    expect(utilizations).toEqual([90, 90, 91, 91, 92])
  })

  it.each(['cuInit', 'cuDeviceGetPCIBusId', 'nvmlInit_v2', 'nvmlDeviceGetHandleByPciBusId_v2'])(
    'are none where %s refuses, and nothing fails',
    async (name) => {
      await build()
      process.env.STAND_IN_FAILS = name
      let opened = 0
      let time = 0
      const sample = gpuSampler({ open: () => (opened++, open()), now: () => (time += 5000) })
      expect([sample(), sample()]).toEqual([null, null])
      expect(opened, 'asked again and again').toBe(1)
    },
  )

  it('come with the heartbeats of a run on the GPU, and of no other', async () => {
    await build()
    const gpuOf = (name: string, sampleGpu?: GpuSampler) => {
      const place = join(folder, `run-${count++}`)
      mkdirSync(place)
      const events = openEvents({ folder: place })
      events.emit({ type: 'executor', name, why: '', others: [], device: '', versions: {} })
      startHeartbeat({ events, ...(sampleGpu && { sampleGpu }) }).now(3)
      events.close()
      return events.view().gpu
    }
    expect(gpuOf('cuda', gpuSampler({ open }))).toEqual(WHOLE)
    expect(gpuOf('onnx')).toBeNull()
    // There is no card here, or there is: a run on one goes on in both cases.
    gpuOf('cuda')
  })
})
