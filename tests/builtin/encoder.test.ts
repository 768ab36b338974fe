import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'

test('the encoder is whole, with its licence and the scripts that made it', () => {
  expect(readdirSync(ENCODER_FOLDER).sort()).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'scripts',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  expect(readFileSync(join(ENCODER_FOLDER, 'README.md'), 'utf8')).toMatch(/^license: apache-2\.0$/m)
  expect(readdirSync(join(ENCODER_FOLDER, 'scripts'))).toContain('pretrain.py')
})
