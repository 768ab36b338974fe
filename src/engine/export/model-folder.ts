import { mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RunSpec } from '../../run/spec.ts'
import type { RunView } from '../../run/view.ts'
import type { Pretrained } from '../pretrained.ts'
import type { Problem } from '../problem.ts'
import { writeSafetensors, type Weight } from '../safetensors.ts'
import { trainerState, trainerStateJson } from '../trainer-state.ts'
import { all, writePieces, writeText, writeWholeFolder } from '../whole-folder.ts'
import { configJson, withDropout } from './config-json.ts'
import { modelCard } from './model-card.ts'
import { copyTokenizer } from './tokenizer-files.ts'

/**
 * Writes a trained classifier as Trainer leaves it, in a folder that transformers loads, and Transformers.js too
 * (`onnx/model.onnx`). It is there whole or not at all. `view` should hold the run's end: fold the `done` event in before
 * it is appended.
 */
export async function writeModelFolder({
  folder,
  pretrained,
  problem,
  weights,
  view,
  spec,
  onnx,
  base_model = pretrained.from?.name ?? null,
}: {
  folder: string
  pretrained: Pretrained
  problem: Problem
  weights: ReadonlyMap<string, Weight>
  view: RunView
  spec: RunSpec
  /** The inference graph: input_ids, attention_mask → logits */
  onnx: () => Promise<Uint8Array[]>
  /** The id on the Hub of the model that was fine-tuned */
  base_model?: string | null
}): Promise<void> {
  const { dropout } = spec.args
  const card = modelCard({
    view,
    spec,
    facts: {
      name: `${basename(spec.model)}-${basename(spec.dataset)}`,
      license: await licenseOf(pretrained.folder),
      base_model,
      uses_dropout: Object.entries(withDropout(pretrained.config, dropout)).some(
        ([key, value]) => key.includes('dropout') && typeof value === 'number' && value > 0,
      ),
    },
  })
  const texts = {
    'config.json': configJson({ config: pretrained.config, problem, dropout }),
    'README.md': card,
    'trainer_state.json': trainerStateJson(trainerState({ view, spec })),
  }
  const fill = async (unfinished: string) => {
    await mkdir(join(unfinished, 'onnx'))
    // The disk takes one while another is made.
    await all([
      writeSafetensors({ path: join(unfinished, 'model.safetensors'), tensors: weights }),
      onnx().then((pieces) => writePieces(join(unfinished, 'onnx', 'model.onnx'), pieces)),
      ...Object.entries(texts).map(([name, text]) => writeText(join(unfinished, name), text)),
      copyTokenizer({ from: pretrained.folder, to: unfinished }),
    ])
  }
  await mkdir(dirname(folder), { recursive: true })
  await writeWholeFolder({ folder, fill })
}

/** What the front matter of a model's card says; null when it says nothing. */
async function licenseOf(folder: string): Promise<string | null> {
  const card = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '')
  const [, front = ''] = /^---\n([\s\S]*?)\n---/.exec(card) ?? []
  return /^license:\s*["']?([\w.-]+)/m.exec(front)?.[1] ?? null
}
