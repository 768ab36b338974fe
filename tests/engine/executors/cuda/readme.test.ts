import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { planProgram } from '../../../../src/engine/executors/cuda/plan/plan.ts'
import { fold } from '../../../../src/engine/executors/fold.ts'
import { modelOf } from '../../../../src/engine/models/model.ts'
import { evaluateProgram } from '../../../../src/engine/programs.ts'
import { DEFAULTS } from '../../../../src/run/arguments.ts'
import { MODELS } from '../../../bench/gpu/shapes.ts'

const README = new URL('../../../../src/engine/executors/cuda/README.md', import.meta.url)

test('the kernel that the README of the GPU executor shows is one that it makes', async () => {
  const { distilbert } = MODELS
  if (!distilbert) throw new Error('There is no such model')
  const program = await evaluateProgram({
    model: modelOf({ config: distilbert, labels: 2, dropout: 0 }),
    args: DEFAULTS,
  })
  const { kernels } = planProgram({
    program: fold(program),
    sizes: { batch: 16, tokens: 256 },
    precision: 'bf16',
    form: { lanes: 32, tiles: 'warp' },
  })
  const shown = /```cuda\n(?<text>.*?)\n```/s.exec(readFileSync(README, 'utf8'))?.groups?.text ?? ''
  const text = shown.replace(/ *\/\/.*$/gm, '')
  expect(kernels.map(({ body }) => body)).toContain(text)
})
