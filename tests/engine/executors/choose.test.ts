import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseExecutor } from '../../../src/engine/executors/choose.ts'
import { RunFailure } from '../../../src/engine/failure.ts'
import { VERSION } from '../../../src/run/version.ts'
import { testFolder } from '../folder.ts'

const folders = { dataFolder: testFolder(), cacheFolder: testFolder() }

describe('the executor of a run', () => {
  it('is the one that is asked for, and the event says so', async () => {
    const { executor, event } = await chooseExecutor({ wanted: 'onnx', folders })
    expect(event).toMatchObject({ type: 'executor', name: 'onnx', why: 'FINETUNE_EXECUTOR says so' })
    expect(event.others).toEqual([
      { name: 'cuda', why: 'FINETUNE_EXECUTOR says onnx' },
      { name: 'tensorflow', why: 'FINETUNE_EXECUTOR says onnx' },
    ])
    expect(event.versions).toMatchObject({ finetune: VERSION, node: process.versions.node })
    await executor.close()
  })

  it('is the best that works here, and the event says why the others do not', async () => {
    const { executor, event } = await chooseExecutor({ wanted: null, folders })
    expect(['cuda', 'onnx']).toContain(executor.name)
    expect(event.others.map(({ name }) => name)).toEqual([executor.name === 'cuda' ? 'onnx' : 'cuda', 'tensorflow'])
    expect(event.others.at(-1)?.why).toMatch(/tfjs-node is not in|only when FINETUNE_EXECUTOR says so/)
    await executor.close()
  })

  it('fails with the command that brings it, where the addon is not here or not whole', async () => {
    const fails = (says: RegExp) =>
      expect(chooseExecutor({ wanted: 'tensorflow', folders }).catch((error: unknown) => error)).resolves.toMatchObject(
        {
          code: 'no-executor',
          message: expect.stringMatching(says) as string,
          remedy: expect.stringMatching(/^sh .*bring\.sh .*tensorflow/) as string,
        },
      )
    await fails(/FINETUNE_EXECUTOR says tensorflow, and it cannot run here: @tensorflow\/tfjs-node is not in/)

    const addon = join(folders.dataFolder, 'tensorflow/node_modules/@tensorflow/tfjs-node')
    mkdirSync(join(addon, 'lib/napi-v8'), { recursive: true })
    writeFileSync(join(addon, 'package.json'), '{ "main": "index.js" }')
    await fails(/tfjs_binding\.node is missing/)
    writeFileSync(join(addon, 'lib/napi-v8/tfjs_binding.node'), 'not a library')
    writeFileSync(join(addon, 'index.js'), "require('./lib/napi-v8/tfjs_binding.node')")
    await fails(/does not load/)
    const failure = await chooseExecutor({ wanted: 'tensorflow', folders }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RunFailure)
  })
})
