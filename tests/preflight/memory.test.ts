import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { memoryCheckWith, type Memory } from '../../src/preflight/memory.ts'
import { neededBytes, sizesOf } from '../../src/preflight/memory-need.ts'
import type { Subject } from '../../src/preflight/check.ts'
import { DEFAULTS } from '../../src/run/arguments.ts'

const bert = { model_type: 'bert', vocab_size: 30522, max_position_embeddings: 512, type_vocab_size: 2 }
const CONFIGS = {
  encoder: JSON.parse(readFileSync(join(ENCODER_FOLDER, 'config.json'), 'utf8')) as object,
  minilm: { ...bert, hidden_size: 384, intermediate_size: 1536, num_hidden_layers: 6, num_attention_heads: 12 },
  distilbert: {
    ...{ model_type: 'distilbert', vocab_size: 30522, max_position_embeddings: 512, pad_token_id: 0 },
    ...{ dim: 768, hidden_dim: 3072, n_layers: 6, n_heads: 12 },
  },
  bert: { ...bert, hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 },
}

describe('the estimate', () => {
  const shape = (model: keyof typeof CONFIGS, batch: number, max_length: number) => {
    const sizes = sizesOf(CONFIGS[model], { max_length }, null)
    if (!sizes) throw new Error(`${model} is not known`)
    return { ...sizes, batch, accumulates: false, checkpointed: false }
  }

  // Peak memory of `finetune train` with the onnx executor, MiB, 2026-11-24. In those runs hardly any words of the
  // vocabulary were in use, and the words that are not cost their weights alone: taken off here.
  test.each([
    ['encoder', 16, 128, 475],
    ['encoder', 64, 128, 1034],
    ['encoder', 16, 256, 732],
    ['minilm', 16, 128, 1087],
    ['minilm', 32, 128, 1596],
    ['distilbert', 8, 128, 1841],
    ['distilbert', 8, 256, 2436],
    ['bert', 4, 128, 3092],
  ] as const)('is near what %s took at %i × %i', (model, batch, tokens, measured) => {
    const sizes = shape(model, batch, tokens)
    const { vocab_size, dim, hidden_size } = { dim: 0, hidden_size: 0, ...CONFIGS[model] } as Record<string, number>
    const unused = 4 * 5.2 * (vocab_size ?? 0) * ((dim ?? 0) + (hidden_size ?? 0))
    const estimate = (neededBytes('host', sizes) - unused) / 2 ** 20
    expect(Math.abs(estimate / measured - 1), `${estimate.toFixed(0)} MiB`).toBeLessThan(0.08)
  })

  // docs/performance.md, GiB, also with gradient checkpointing.
  test.each([
    ['distilbert', 16, 256, 'gpu16', 1.61],
    ['distilbert', 16, 128, 'gpu16', 1.34],
    ['distilbert', 16, 64, 'gpu16', 1.24],
    ['minilm', 16, 128, 'gpu16', 0.5],
    ['bert', 16, 256, 'gpu16', 2.92],
    ['distilbert', 32, 512, 'gpu16', 3.21],
    ['distilbert', 64, 128, 'gpu16', 2.14],
    ['distilbert', 16, 256, 'gpu32', 2.48],
    ['distilbert', 32, 512, 'gpu16', 3.43],
    ['bert', 32, 512, 'gpu16', 6.71],
    ['distilbert', 32, 512, 'gpu16', 1.9, true],
    ['bert', 32, 512, 'gpu16', 2.92, true],
  ] as const)(
    'is near what %s took of a GPU at %i × %i, %s',
    (model, batch, tokens, keep, measured, checkpointed: boolean = false) => {
      const need = neededBytes(keep, { ...shape(model, batch, tokens), checkpointed })
      expect(Math.abs(need / 2 ** 30 / measured - 1)).toBeLessThan(0.13)
    },
  )

  // The arena of the memory plan in MiB, without gradient checkpointing and with it (docs/performance.md).
  test.each([
    ['distilbert', 32, 512, 'gpu16', 2463, 896],
    ['bert', 32, 512, 'gpu16', 5060, 1185],
    ['bert', 64, 512, 'gpu16', 10_089, 2457],
    ['bert', 32, 512, 'gpu32', 17_694, 3106],
  ] as const)(
    'is less by what gradient checkpointing takes off %s at %i × %i, %s',
    (model, batch, tokens, keep, without, checkpointed) => {
      const sizes = shape(model, batch, tokens)
      const saved = (neededBytes(keep, sizes) - neededBytes(keep, { ...sizes, checkpointed: true })) / 2 ** 20
      expect(Math.abs(saved / (without - checkpointed) - 1)).toBeLessThan(0.1)
    },
  )

  test('short texts are padded to the longest of them', () => {
    const lengths = { longest: 300 } as never
    expect(sizesOf(CONFIGS.bert, { max_length: 512 }, { labels: [], lengths })?.tokens).toBe(102)
  })

  test('another architecture is not guessed at', () => {
    expect(sizesOf({ ...bert, model_type: 'llama' }, { max_length: 128 }, null)).toBeNull()
    expect(sizesOf(null, { max_length: 128 }, null)).toBeNull()
  })
})

describe('the check', () => {
  const GIB = 2 ** 30
  const look = (memory: Memory, args: Partial<typeof DEFAULTS> = {}) =>
    memoryCheckWith(() => Promise.resolve(memory)).look({
      run: { spec: { model: 'builtin/encoder', args: { ...DEFAULTS, max_length: 128, ...args } } },
      config: { modelsFolder: '/nowhere' },
      inspection: Promise.resolve(null),
    } as unknown as Subject)

  test('has nothing to say where it fits', async () => {
    expect(await look({ on: 'host', free: 8 * GIB, total: 16 * GIB }, { per_device_train_batch_size: 16 })).toBeNull()
  })

  test('says in numbers what is missing, and the batch that fits with the same effective one', async () => {
    const memory = { on: 'host', free: 1.5 * GIB, total: 16 * GIB } as const
    const finding = await look(memory, { per_device_train_batch_size: 256 })
    expect(finding?.outcome).toBe('warning')
    expect(finding?.text).toMatch(/^256 × 128 tokens need about \d\.\d GiB of memory; 1\.5 GiB of 16\.0 GiB are free$/)
    expect(finding?.remedy).toBe(
      'Fits with `per_device_train_batch_size` 32 and `gradient_accumulation_steps` 8: the effective batch stays.',
    )
    expect(finding?.offers).toMatchObject([
      { label: 'Take batch 32 × 8', change: { per_device_train_batch_size: 32, gradient_accumulation_steps: 8 } },
    ])
  })

  test('offers gradient checkpointing beside a smaller batch, or with it', async () => {
    const args = { per_device_train_batch_size: 64, max_length: 512 }
    const both = await look({ on: 'host', free: 4 * GIB, total: 16 * GIB }, args)
    expect(both?.remedy).toMatch(
      /^Fits with `per_device_train_batch_size` \d+ and .* stays\. Or with `gradient_checkpointing`: the result stays/,
    )
    expect(both?.offers?.map(({ label }) => label)).toEqual([
      expect.stringMatching(/^Take batch \d+ × \d+$/),
      'Take gradient_checkpointing',
    ])
    expect(both?.offers?.[1]?.change).toEqual({ gradient_checkpointing: true })
    expect(
      await look({ on: 'host', free: 4 * GIB, total: 16 * GIB }, { ...args, gradient_checkpointing: true }),
    ).toBeNull()
    const one = await look({ on: 'host', free: 0.59 * GIB, total: 16 * GIB }, args)
    expect(one?.remedy).toMatch(/ and `gradient_checkpointing`: the effective batch stays, a step takes up to a third/)
    expect(one?.offers).toMatchObject([{ change: { gradient_checkpointing: true } }])
    expect(Object.keys(one?.offers?.[0]?.change ?? {})).toHaveLength(3)
  })

  test('asks to free memory that others hold', async () => {
    const finding = await look({ on: 'gpu', free: 0.05 * GIB, total: 80 * GIB })
    expect(finding).toMatchObject({ outcome: 'warning' })
    expect(finding?.text).toContain('of GPU memory; 0.1 GiB of 80.0 GiB are free')
    expect(finding?.remedy).toContain('Other programs hold the rest')
  })

  test('stops only what could never run here', async () => {
    const finding = await look({ on: 'host', free: 0.1 * GIB, total: 0.3 * GIB })
    expect(finding).toMatchObject({ outcome: 'failed' })
    expect(finding?.text).toContain('even one row needs')
  })
})
