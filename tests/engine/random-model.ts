import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { newHead } from '../../src/engine/head.ts'
import { modelOf } from '../../src/engine/models/model.ts'
import type { ModelConfig } from '../../src/engine/pretrained.ts'
import { writeSafetensors } from '../../src/engine/safetensors.ts'

/** A model folder with random weights in the shapes that `config` tells, without a head, and the built-in tokenizer. */
export async function writeRandomModel({ folder, config }: { folder: string; config: ModelConfig }): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(ENCODER_FOLDER, file), join(folder, file))
  const parameters = modelOf({ config, labels: 2, dropout: null }).parameters.filter(
    ({ name }) => !/classifier/.test(name),
  )
  const drawn = parameters.flatMap(({ name, shape, fresh }) => (fresh === 'ones' ? [] : [{ name, shape, kind: fresh }]))
  const tensors = newHead({ seed: 1, std: 0.02, tensors: drawn })
  for (const { name, shape, fresh } of parameters) {
    if (fresh === 'ones') tensors.set(name, { shape, data: new Float32Array(shape[0] ?? 0).fill(1) })
  }
  await writeSafetensors({ path: join(folder, 'model.safetensors'), tensors })
}
