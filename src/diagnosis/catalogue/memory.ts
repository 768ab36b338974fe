import { cause, type Found } from '../cause.ts'
import type { RunFacts } from '../facts.ts'
import { change, computeLayersAgain, type Fix, fitBatch, halveBatch, manual, maybe, shorten } from '../fix.ts'
import { DEFAULTS } from '../../run/arguments.ts'

const CUDA_OOM = [
  /CUDA out of memory|CUDA error: out of memory|CUDA_ERROR_OUT_OF_MEMORY/i,
  /cuda runtime error \(2\)|cudaErrorMemoryAllocation|CUDA driver error: out of memory/i,
  /(?:torch\.|cuda\.)OutOfMemoryError\b|HIP out of memory|MPS backend out of memory|XPU out of memory/,
  /No available memory for the cache blocks|GPU (?:ran )?out of memory/i,
]

const inTraceback = (found: Found, words: RegExp) => found.above(160).some((line) => words.test(line))
const inEvaluation = (found: Found) =>
  inTraceback(
    found,
    /\b(?:evaluation_loop|prediction_loop|prediction_step|evaluate|nested_concat|compute_metrics|predict)\b/,
  )
const inLoading = (found: Found) =>
  !inTraceback(found, /\bforward\b|backward|training_step|optimizer/) &&
  inTraceback(
    found,
    /from_pretrained|_load_state_dict|load_checkpoint|_apply\b|\.cuda\(|\.to\(device|_move_model_to_device/,
  )

export const outOfMemoryInEvaluation = cause({
  code: 'FT-OOM-EVAL',
  slug: 'cuda-oom',
  title: 'Out of GPU memory while evaluating',
  matches: CUDA_OOM,
  when: (found) => isGpuMemory(found) && inEvaluation(found),
  explains: (found, facts) =>
    `The evaluation, not the training, ran out of GPU memory${asked(found)}. An evaluation batch of ${String(facts.args?.per_device_eval_batch_size ?? DEFAULTS.per_device_eval_batch_size)} rows, or the predictions that are kept on the GPU until the end, do not fit.`,
  fixes: (_found, facts) => [
    ...evalBatch(facts),
    maybe('Set eval_accumulation_steps (e.g. 8) so that predictions go to host memory'),
    shorten(facts),
  ],
})

export const outOfMemoryInLoading = cause({
  code: 'FT-OOM-LOAD',
  slug: 'cuda-oom',
  title: 'Out of GPU memory while loading the model',
  matches: CUDA_OOM,
  when: (found) => isGpuMemory(found) && inLoading(found),
  explains: (found) =>
    `The weights alone did not fit on the GPU${asked(found)}${free(found)}. A smaller batch does not help here; other programs on the GPU may hold the memory.`,
  fixes: () => [
    manual('See who holds the GPU memory, and end what is not needed', { command: 'nvidia-smi' }),
    maybe('Load the model in bf16 or 4-bit (quantization_config) with LoRA', { changes_result: true }),
    maybe('Take a smaller model or a GPU with more memory', { changes_result: true }),
  ],
})

export const outOfMemory = cause({
  code: 'FT-OOM-TRAIN',
  slug: 'cuda-oom',
  title: 'Out of GPU memory',
  matches: CUDA_OOM,
  when: isGpuMemory,
  explains: (found, facts) => `${batchSentence(facts)} did not fit on the GPU${asked(found)}${free(found)}.`,
  fixes: (_found, facts) => [
    ...listed(halveBatch(facts)),
    ...listed(computeLayersAgain(facts)),
    manual('See who else holds the GPU memory', { command: 'nvidia-smi' }),
    maybe('Use bf16 instead of fp32, or LoRA', { changes_result: true }),
    shorten(facts),
  ],
})

export const outOfMemoryInEngine = cause({
  code: 'FT-OOM-STEP',
  slug: 'engine-out-of-memory',
  title: 'There is not enough memory for a step of this size',
  matches: [],
  engine: ['out-of-memory'],
  explains: (_found, facts) => `${batchSentence(facts)} did not fit into the memory of the device that trains.`,
  // The remedy names arguments and values: each is a change with a button here.
  coversRemedy: () => true,
  fixes: (found, facts) => [
    // While it trains, rows of an evaluation take nothing.
    ...(facts.phase === 'evaluating' ? evalBatch(facts) : []),
    ...ofEngine(facts),
    ...(/\bGPU\b/.test(found.line.message)
      ? [manual('See who else holds the GPU memory', { command: 'nvidia-smi' })]
      : []),
    shorten(facts),
    maybe('Take a smaller model, or a machine with more memory', { changes_result: true }),
  ],
})

/** Of a plan that did not fit, the engine knows what does (`which fits`); elsewhere half of it may. */
function ofEngine(facts: RunFacts): Fix[] {
  const remedy = facts.engineRemedy ?? ''
  const rows = /`per_device_train_batch_size` to (?<rows>\d{1,6}), which fits/.exec(remedy)?.groups?.['rows']
  const planned = /which fits|^Shorten the rows/.test(remedy)
  if (!planned) return [...listed(halveBatch(facts)), ...listed(computeLayersAgain(facts))]
  return [
    ...(rows === undefined ? [] : listed(fitBatch(facts, Number(rows)))),
    ...(/`gradient_checkpointing` to true/.test(remedy) ? listed(computeLayersAgain(facts)) : []),
  ]
}

function isGpuMemory(found: Found): boolean {
  return !/tensorflow|bfc_allocator|stream_executor/i.test(found.line.text)
}

function batchSentence(facts: RunFacts): string {
  const { args } = facts
  if (args === undefined) return 'The batch'
  const rows = args.per_device_train_batch_size ?? DEFAULTS.per_device_train_batch_size
  return `A batch of ${rows} × ${args.max_length ?? DEFAULTS.max_length} tokens`
}

const asked = (found: Found) => {
  const size = /Tried to allocate ([\d.]{1,12} ?[KMGT]i?B)/.exec(found.line.text)?.[1]
  return size === undefined ? '' : ` (${size} more was asked for)`
}

const free = (found: Found) => {
  const left = /([\d.]{1,12} ?(?:[KMGT]i?)?B)(?: bytes)? (?:free|is free)/.exec(found.line.text)?.[1]
  const total = /([\d.]{1,12} ?[KMGT]i?B) total capacity|total capacity of ([\d.]{1,12} ?[KMGT]i?B)/.exec(
    found.line.text,
  )
  const size = total?.[1] ?? total?.[2]
  if (left === undefined) return ''
  return size === undefined ? `; ${left} was free` : `; ${left} of ${size} was free`
}

function evalBatch(facts: RunFacts): Fix[] {
  const rows = facts.args?.per_device_eval_batch_size
  if (rows === undefined) return [maybe('Lower per_device_eval_batch_size (a smaller batch): the scores stay the same')]
  if (rows < 2) return []
  return [
    change(facts, { per_device_eval_batch_size: Math.floor(rows / 2) }, 'less memory a step; the scores stay the same'),
  ]
}

const listed = (fix: Fix | null) => (fix === null ? [] : [fix])
