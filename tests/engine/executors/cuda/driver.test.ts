import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findGpu } from '../../../../src/engine/executors/cuda/driver/find.ts'
import { loadDriver } from '../../../../src/engine/executors/cuda/driver/libcuda.ts'
import { openGpu } from '../../../../src/engine/executors/cuda/driver/gpu.ts'
import { bringCommand, findLibraries } from '../../../../src/engine/executors/cuda/driver/libraries.ts'
import { cudaExecutor } from '../../../../src/engine/executors/cuda/executor.ts'
import { RunFailure } from '../../../../src/engine/failure.ts'
import { foreseeLearner } from '../../../../src/engine/learner.ts'
import { modelOf } from '../../../../src/engine/models/model.ts'
import { DEFAULTS } from '../../../../src/run/arguments.ts'
import { startTiny } from '../../trace.ts'
import { compilerMissing } from './compiled.ts'

const missing = await compilerMissing()

// NVIDIA's three libraries, replaced by one that computes nothing: what is asked of them, in which order, and what happens
// when they refuse.
describe.skipIf(missing !== null)('the driver', () => {
  let folder = ''
  let library = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stand-in-'))
    library = join(folder, 'stand-in.so')
    const source = fileURLToPath(new URL('stand-in.c', import.meta.url))
    await promisify(execFile)('g++', ['-x', 'c', '-w', '-shared', '-fPIC', '-o', library, source])
  })
  afterAll(() => rm(folder, { recursive: true }))
  afterEach(() => {
    delete process.env.STAND_IN_FAILS
  })

  const open = async (cacheFolder: string | null = null, nvrtc = library) => {
    const libraries = { major: 13, nvrtc, builtins: null, cublasLt: library }
    const gpu = {
      name: 'Stand-in',
      capability: 90,
      driver: loadDriver([library]),
      driverVersion: '13.0',
      libraries,
    }
    const device = await openGpu({ gpu, precision: 'bf16', cacheFolder })
    return { device, executor: cudaExecutor({ device, precision: 'bf16' }) }
  }
  const stepOn = async (cacheFolder: string | null = null, nvrtc = library) => {
    const { device, executor } = await open(cacheFolder, nvrtc)
    const { learner, train, batchOf } = await startTiny({ executor })
    const step = () => learner.step({ batches: [batchOf(train.slice(0, 8))], update: 0, learning_rate: 1e-3 })
    return { device, executor, step }
  }

  it.each([
    [{}, 'the driver sees no GPU', 'Look at what nvidia-smi lists.'],
    [
      { CUDA_VISIBLE_DEVICES: '7' },
      'CUDA_VISIBLE_DEVICES is `7`, which leaves no GPU',
      'Leave it out, or name a GPU that `nvidia-smi -L` lists.',
    ],
  ])('says why it has no card: %o', async (env, what, remedy) => {
    process.env.STAND_IN_FAILS = 'cuInit=100'
    expect(await findGpu({ wheels: null, env, paths: [library] })).toEqual({ what, remedy })
    process.env.STAND_IN_FAILS = 'cuInit=999'
    expect(await findGpu({ wheels: null, env, paths: [library] })).toMatchObject({
      what: expect.stringContaining('the driver does not answer: cuInit failed with 999') as string,
    })
  })

  it('runs a step, several at once, and ends', async () => {
    const { executor, step } = await stepOn()
    expect(await Promise.all(Array.from({ length: 100 }, step))).toHaveLength(100)
    await executor.close()
  })

  it('makes ready what is foreseen, while nothing of it lies on the card', async () => {
    const { device, executor } = await open()
    const config = {
      model_type: 'distilbert',
      vocab_size: 9000,
      max_position_embeddings: 256,
      dim: 256,
      hidden_dim: 512,
      n_layers: 2,
      n_heads: 4,
    }
    const args = { ...DEFAULTS, per_device_train_batch_size: 16, max_length: 256 }
    const model = modelOf({ config, labels: 2, dropout: 0.1 })
    await foreseeLearner({ executor, model, args })
    const trained = device.counts().compiled
    expect(trained).toBeGreaterThan(20)
    await foreseeLearner({ executor, model, args: { ...args, eval_strategy: 'epoch' } })
    expect(device.counts().compiled).toBeGreaterThan(trained)
  })

  it('keeps compiled kernels, and compiles a damaged one again', async () => {
    const cache = join(folder, 'cache')
    const first = await stepOn(cache)
    await first.step()
    const { compiled } = first.device.counts()
    expect(compiled).toBeGreaterThan(20)

    const [name = ''] = await readdir(cache)
    const bytes = await readFile(join(cache, name))
    bytes[bytes.length - 1] = 99
    await writeFile(join(cache, name), bytes)
    const second = await stepOn(cache)
    await second.step()
    expect(second.device.counts()).toEqual({ cached: compiled - 1, compiled: 1 })
    expect((await readdir(cache)).length).toBe(compiled)

    // Another NVRTC may make other code.
    const other = join(folder, 'other.so')
    await copyFile(library, other)
    const third = await stepOn(cache, other)
    await third.step()
    expect(third.device.counts()).toEqual({ cached: 0, compiled })
  })

  it('names an error of the GPU, and memory that is gone', async () => {
    const { step } = await stepOn()
    await step()
    process.env.STAND_IN_FAILS = 'cuGraphLaunch=700'
    const failure = await step().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RunFailure)
    expect(failure).toMatchObject({ code: 'gpu-failed', exit: 'unavailable' })
    expect((failure as Error).message).toContain('CUDA_ERROR_ILLEGAL_ADDRESS')

    process.env.STAND_IN_FAILS = 'cuMemAlloc_v2=2'
    await expect(stepOn()).rejects.toThrow()
    process.env.STAND_IN_FAILS = 'cuMemHostAlloc=2'
    const other = await stepOn()
    await expect(other.step()).rejects.toMatchObject({ code: 'out-of-memory' })
  })

  it('shows what the compiler says of a kernel that it does not take', async () => {
    process.env.STAND_IN_FAILS = 'nvrtcCompileProgram=6'
    const { step } = await stepOn()
    await expect(step()).rejects.toThrow(/Compiling .* failed with 6 \(it is not C\+\+ at/)
  })
})

describe('the libraries of CUDA', () => {
  const put = async (folder: string, ...files: string[]) => {
    const { mkdir } = await import('node:fs/promises')
    await mkdir(folder, { recursive: true })
    for (const file of files) await writeFile(join(folder, file), '')
  }

  it('are taken from the toolkit, from wheels, from a Python, in one version that the driver knows', async () => {
    const root = await mkdtemp(join(tmpdir(), 'libraries-'))
    const both = (major: number) => [`libnvrtc.so.${major}`, `libcublasLt.so.${major}`]
    await put(join(root, 'toolkit/lib64'), ...both(12))
    await put(join(root, 'wheels/nvidia/cu13/lib'), ...both(13), 'libnvrtc-builtins.so.13.0')
    await put(join(root, 'python/bin'), 'python3')
    await put(join(root, 'python/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib'), 'libnvrtc.so.12')
    await put(join(root, 'python/lib/python3.12/site-packages/nvidia/cublas/lib'), 'libcublasLt.so.12')
    const env = { PATH: join(root, 'python/bin'), HOME: root }
    const wheels = join(root, 'wheels')

    const newest = findLibraries({ driverMajor: 13, wheels, env: { ...env, CUDA_HOME: join(root, 'toolkit') } })
    expect(newest).toMatchObject({ major: 13, builtins: join(wheels, 'nvidia/cu13/lib/libnvrtc-builtins.so.13.0') })
    expect(findLibraries({ driverMajor: 12, wheels, env: { ...env, CUDA_HOME: join(root, 'toolkit') } })).toMatchObject(
      {
        major: 12,
        nvrtc: join(root, 'toolkit/lib64/libnvrtc.so.12'),
      },
    )
    expect(findLibraries({ driverMajor: 12, wheels: null, env })).toMatchObject({
      cublasLt: join(root, 'python/lib/python3.12/site-packages/nvidia/cublas/lib/libcublasLt.so.12'),
    })
    await rm(root, { recursive: true })
  })

  it('are named where they are missing, with the command that brings them', async () => {
    const root = await mkdtemp(join(tmpdir(), 'libraries-'))
    await put(join(root, 'wheels/nvidia/cublas/lib'), 'libcublasLt.so.12')
    const env = { PATH: '', HOME: root }
    const found = findLibraries({ driverMajor: 12, wheels: join(root, 'wheels'), env })
    if (!('what' in found)) return // This machine has a toolkit of its own.
    expect(found.what).toBe('libnvrtc.so.12 is missing')
    expect(found.remedy).toBe(bringCommand(12, join(root, 'wheels')))
    expect(found.remedy).toContain(`--target ${join(root, 'wheels')}`)
    await rm(root, { recursive: true })
  })
})

it('the command that brings libraries can be copied whatever the folder is called', () => {
  expect(bringCommand(13, "/home/ada/my data/it's/cuda")).toContain(
    `--target '/home/ada/my data/it'\\''s/cuda' --no-deps 'nvidia-cuda-nvrtc==13.*'`,
  )
  expect(bringCommand(12, '/srv/data/cuda')).toContain('--target /srv/data/cuda --no-deps nvidia-cuda-nvrtc-cu12')
})
