import { describe, expect, it } from 'vitest'
import { DEFAULTS } from '../../../../src/run/arguments.ts'
import { planProgram } from '../../../../src/engine/executors/cuda/plan/plan.ts'
import { fold } from '../../../../src/engine/executors/fold.ts'
import { modelOf } from '../../../../src/engine/models/model.ts'
import { evaluateProgram, trainProgram } from '../../../../src/engine/programs.ts'
import { readTrace } from '../../trace.ts'

// Heads of 16 numbers or more have a kernel.
const ONE_HEAD = { n_heads: 1, num_attention_heads: 1 }
const SIZES = { batch: 4, tokens: 32, words: 256 }

async function plans(name: string, precision: 'bf16' | 'fp32', tiles = true) {
  const { pretrained } = await readTrace(name)
  const model = modelOf({ config: { ...pretrained.config, ...ONE_HEAD }, labels: 3, dropout: 0.1 })
  const programs = [
    await trainProgram({ model, args: DEFAULTS, update: true }),
    await evaluateProgram({ model, args: DEFAULTS }),
  ]
  return programs.map((program) =>
    planProgram({ program: fold(program), sizes: SIZES, precision, form: { lanes: 32, tiles: tiles ? 'warp' : null } }),
  )
}

describe('queries, keys and values', () => {
  it.each([
    ['distilbert', 'distilbert.transformer.layer.0.attention', ['q_lin', 'k_lin', 'v_lin']],
    ['bert', 'bert.encoder.layer.0.attention.self', ['query', 'key', 'value']],
    ['roberta', 'roberta.encoder.layer.0.attention.self', ['query', 'key', 'value']],
    ['electra', 'electra.encoder.layer.0.attention.self', ['query', 'key', 'value']],
  ])('are one product in %s, forward and backward, but for the last layer', async (name, layer, parts) => {
    const names = parts.map((part) => `${layer}.${part}.weight`)
    for (const { neighbours } of await plans(name, 'bf16')) expect(neighbours).toEqual([names])
  })

  it.each([
    ['scores that distances are added to', 'mpnet', 'bf16', true],
    ['32 bits', 'distilbert', 'fp32', true],
    ['a card without small matrices', 'distilbert', 'bf16', false],
  ] as const)('are three with %s', async (_, name, precision, tiles) => {
    for (const { neighbours } of await plans(name, precision, tiles)) expect(neighbours).toEqual([])
  })
})
