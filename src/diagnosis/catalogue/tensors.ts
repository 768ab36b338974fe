import { cause, type Found } from '../cause.ts'
import type { RunFacts } from '../facts.ts'
import { change, command, type Fix, manual, maybe } from '../fix.ts'

export const deviceMismatch = cause({
  code: 'FT-DEVICE-MISMATCH',
  slug: 'device-mismatch',
  title: 'Tensors and weights are on different devices',
  matches: [
    /Expected all tensors to be on the same device/i,
    /(?:Expected|expected) (?:object of )?(?:device type|backend) (?:cuda|cpu|CUDA|CPU) but got (?:device type|backend)?/i,
    /Input type \((?<input>[\w.]+)\) and weight type \((?<weight>[\w.]+)\) should be the same/,
    /Input type \((?<input>[\w.]+)\) and weight type \((?<weight>[\w.]+)\) should be the same or input should be a MKLDNN tensor/,
    /tensor\w* (?:is|are) on (?:a )?(?:different|cpu|cuda).{0,60}(?:device|cuda|cpu)/i,
    /Expected condition, x and y to be on the same device/i,
    /Input and (?:hidden|parameter) tensors are not at the same device/i,
    /indices should be either on cpu or on the same device as the indexed tensor/i,
    /arguments are located on different GPUs/i,
    /Input, output and indices must be on the current device/i,
    /slow_conv2d_forward_mps: input\(device='cpu'\)|Placeholder storage has not been allocated on MPS device/,
    /can't convert (?:cuda:\d+ device type|cuda:?\d* ?(?:device )?(?:type )?tensor|CUDA tensor) to numpy/i,
    /module must have its parameters and buffers on device cuda:\d+/i,
    /Expected a '(?:cuda|cpu)\S*' (?:device type )?(?:for )?generator|generator .{0,40}device type/i,
    /Attempt(?:ing|ed) to .{0,40}(?:cpu tensor|CUDA tensor) .{0,60}/i,
  ],
  when: (found) => {
    const { input, weight } = found.groups
    return input === undefined || weight === undefined || isOnGpu(input) !== isOnGpu(weight)
      ? !isOtherDtype(input, weight)
      : false
  },
  explains: () =>
    'One part of the computation is on the CPU and another on the GPU (or on two GPUs): the model was moved and the inputs were not, or the other way round.',
  fixes: () => [
    manual('Move both to one device: model.to(device) and {k: v.to(device) for k, v in batch.items()}'),
    maybe('With several GPUs and device_map="auto", leave the placing to accelerate, or set CUDA_VISIBLE_DEVICES=0'),
  ],
})

const isOnGpu = (type: string) => /cuda|CUDA/.test(type)
/** `CUDABFloat16Type` beside `FloatTensor`: what differs is the number format. */
function isOtherDtype(input: string | undefined, weight: string | undefined): boolean {
  if (input === undefined || weight === undefined) return false
  return kindOf(input) !== kindOf(weight)
}
const kindOf = (type: string) =>
  /(BFloat16|Half|Double|Float|Long|Int|Byte|half|bfloat16|float)/.exec(type)?.[1]?.toLowerCase() ?? type

export const dtypeMismatch = cause({
  code: 'FT-DTYPE-MISMATCH',
  slug: 'dtype-mismatch',
  title: 'Inputs and weights have different number formats',
  matches: [
    /(?:Expected|expected) (?:object of )?(?:scalar type|m1 and m2 to have the same dtype|tensor for argument)/,
    /expected m1 and m2 to have the same dtype, but got/,
    /mat1 and mat2 must have the same dtype/,
    /Input type \((?<input>[\w.]+)\) and (?:weight|bias) type \((?<weight>[\w.]+)\) should be the same/,
    /expected scalar type (?<weight>\w+) but found (?<input>\w+)/,
    /Expected (?:query, key, and value|attn_mask|q, k, v) .{0,80}(?:same )?dtype/i,
    /(?:self|tensor\w*) and (?:mat2|other|src|source|value) (?:must have|should have) the same (?:dtype|scalar type)/i,
    /Index put requires the source and destination dtypes match/i,
    /\w{1,60}\(\): (?:self|input|source) .{0,60}(?:dtype|scalar type)s? .{0,60}(?:match|same|but got)/i,
    /"\w+" not implemented for '(?:Half|BFloat16)'/,
    /(?:FlashAttention|Flash Attention) only support(?:s)? fp16 and bf16/i,
    /value cannot be converted to type (?:at::Half|c10::Half|at::BFloat16) without overflow/i,
    /attempting to (?:assign|compare) .{0,60} dtype/i,
    /invalid combination of arguments .{0,80}dtype/i,
  ],
  when: (found) => {
    const { input, weight } = found.groups
    if (input !== undefined && weight !== undefined && /Input type/.test(found.line.text)) return true
    return !/device|for argument #2 'target'|Tensor for argument #1 'indices' .{0,80}device/i.test(found.line.text)
  },
  explains: (found) => {
    const { input, weight } = found.groups
    return `A layer got another number format than its weights have${input === undefined || weight === undefined ? '' : ` (${input} and ${weight})`}: float32, float16, bfloat16 or integers were mixed.`
  },
  fixes: () => [
    manual(
      'Cast both to the same dtype: model.to(torch.bfloat16), or inputs.to(model.device, model.dtype) (ids stay torch.long)',
    ),
    maybe('Or let mixed precision cast: load the model in float32 and train with bf16=True; on a CPU use float32'),
  ],
})

export const fp16Unscale = cause({
  code: 'FT-FP16-UNSCALE',
  slug: 'fp16-unscale-gradients',
  title: 'The trained weights are float16 while gradients are scaled',
  matches: [
    /Attempting to unscale FP16 gradients/i,
    /"?_amp_foreach_non_finite_check_and_unscale_cuda"? not implemented for 'BFloat16'/,
  ],
  explains: () =>
    'fp16=True trains float32 weights with scaled gradients; the model was loaded in float16, so there is nothing to unscale into.',
  fixes: () => [
    manual('Load the model in float32 (torch_dtype=torch.float32) and keep fp16=True'),
    manual('Or train in bf16: torch_dtype=torch.bfloat16 with bf16=True'),
    maybe(
      'With LoRA: keep the adapter weights in float32 (model.float() for what is trained, or prepare_model_for_kbit_training)',
    ),
  ],
})

export const bf16Unsupported = cause({
  code: 'FT-BF16-HARDWARE',
  slug: 'bf16-not-supported',
  title: 'This hardware does not support bf16',
  matches: [
    /Your setup doesn't support bf16\/gpu/i,
    /bf16 .{0,60}(?:not supported|isn't supported|requires|needs).{0,80}/i,
    /doesn't support bf16|does not support bf(?:loat)?16/i,
    /BFloat16 is (?:not supported|only supported)/i,
    /Bfloat16 is only supported on GPUs with compute capability/i,
    /Current CUDA Device does not support bfloat16/i,
  ],
  explains: () =>
    'bf16 needs an NVIDIA GPU of the Ampere generation or newer (A100, RTX 30 …); a T4 or V100 and most CPUs do not have it.',
  fixes: () => [
    manual('Set bf16=False and use fp16=True on the GPU'),
    maybe('Or train in float32 (use_cpu=True on a machine without GPU)', { cost: 'slower, more memory' }),
  ],
})

export const fp16NeedsGpu = cause({
  code: 'FT-FP16-CPU',
  slug: 'fp16-needs-gpu',
  title: 'fp16 needs a GPU, and none is visible',
  matches: [
    /FP16 Mixed precision training with AMP or APEX \(`?--fp16`?\)/i,
    /fp16 (?:mixed precision )?(?:requires|needs|can only be used) .{0,60}(?:GPU|CUDA|cuda)/i,
    /(?:fp16|half precision) .{0,60}(?:only|not supported) .{0,40}(?:on CPU|CUDA device)/i,
    /amp\.GradScaler is enabled, but CUDA is not available/i,
  ],
  hints: [/GradScaler is enabled, but CUDA is not available/i],
  explains: () => 'fp16=True (half precision) works on a CUDA device only, and this process sees none.',
  fixes: () => [
    manual('Turn fp16 off to train on the CPU'),
    command(
      'Or run where the GPU is visible: check the driver, CUDA_VISIBLE_DEVICES, and that torch is a CUDA build',
      'python -c "import torch; print(torch.version.cuda, torch.cuda.is_available())"',
    ),
  ],
})

export const lossNan = cause({
  code: 'FT-LOSS-NAN',
  slug: 'loss-nan',
  title: 'The loss is no longer a number: the training diverged or overflowed',
  tier: 'specific',
  matches: [
    /Function '\w+Backward\d*' returned nan values/i,
    /(?:loss|Loss) (?:is|became|was|=) (?:nan|NaN|inf|not finite|infinite)/,
    /(?:NaN|nan|Inf|non-finite|Nan) (?:loss|gradient|grad|value)s? (?:detected|encountered|found)|(?:loss|gradient|gradients|grad_norm) (?:contains?|has|have|are|is) (?:a )?(?:NaN|nan|inf|non-finite|not finite)/i,
    /Input contains (?:NaN|infinity)/,
    /Current loss scale already at minimum - cannot decrease scale anymore/i,
    /Minimum loss scale reached/i,
    /probability tensor contains either `?inf`?, `?nan`? or element < 0/i,
    /The total norm of order \S+ for gradients from `?parameters`? is non-finite/i,
    /(?:model|training) (?:diverged|has diverged)/i,
    /\b\w{0,30}loss\w{0,12}['"]?\)? {0,16}[=:|(]? {0,6}(?:tensor\()?(?:nan|NaN|NAN)\b/i,
    /Loss is (?:nan|inf), stopping|Loss became infinite or NaN|diverged with loss = NaN|NaN ?Loss ?During ?Training|NaN loss during training/i,
    /tensor\(nan\b/,
    /Tensor had (?:NaN|Inf) values|Nan in summary histogram/i,
    /^ {0,4}\d{1,8}[\s|]+(?:[\d.]+[\s|]+)?nan\b/i,
    /['"]grad_norm['"]: ?(?:nan|NaN|inf)\b/,
    /Expected parameter \w+ .{0,200}to satisfy the constraint .{0,400}(?:nan|inf)/i,
    /(?:Assertion|assert).{0,60}(?:isfinite|isnan|math\.isfinite)/i,
    /(?:Gradient overflow|gradient overflow).{0,80}(?:reducing|Skipping)/,
  ],
  engine: ['loss-not-finite'],
  anyLevel: true,
  when: isDiverged,
  explains: (_found, facts) =>
    `Numbers grew past what the format holds${facts.args?.learning_rate === undefined ? '' : ` at learning_rate ${facts.args.learning_rate}`}: the learning rate is too high, ${mayBeHalf(facts) ? 'fp16 overflowed, ' : ''}or a row has a broken label or an empty text. What is trained after that is worthless.`,
  // It says to lower the rate, and to clip where nothing does: both are below.
  coversRemedy: () => true,
  fixes: (_found, facts) => [
    lowerRate(facts),
    ...(mayBeHalf(facts) ? [maybe('Use bf16 or fp32 instead of fp16')] : []),
    ...clipGradients(facts),
    manual('Look for empty texts, wrong labels and NaN in the data'),
  ],
})

/** A run that does not ask for fp16 has it on an old GPU only, where the engine scales the loss. */
function mayBeHalf({ args }: RunFacts): boolean {
  return args === undefined || args.fp16 === true
}

function lowerRate(facts: RunFacts): Fix {
  const rate = facts.args?.learning_rate
  if (rate === undefined) return maybe('Lower the learning rate (a tenth), with warmup', { changes_result: true })
  const learning_rate = Number((rate / 10).toPrecision(3))
  return change(facts, { learning_rate }, 'a tenth of it', { changes_result: true })
}

function clipGradients(facts: RunFacts): Fix[] {
  const norm = facts.args?.max_grad_norm
  if (norm === undefined) return [maybe('Clip gradients: max_grad_norm 1.0', { changes_result: true })]
  if (norm > 0 && norm <= 1) return []
  return [change(facts, { max_grad_norm: 1 }, 'clip gradients', { changes_result: true })]
}

/** One skipped step is how loss scaling works; a loss that stays nan, or a check that threw, is not. */
function isDiverged(found: Found): boolean {
  const text = found.line.text
  if (/Gradient overflow|gradient overflow/.test(text))
    return (text.match(/loss scale to 0|loss scale to \d+e-\d\d/i) ?? []).length > 0
  if (/^ {0,4}\d{1,8}[\s|]/.test(text) && !/loss/i.test(text))
    return found.above(40).some((line) => /(?:Training|Validation|Train|Valid|Eval) ?Loss/i.test(line))
  if (found.line.level === 'warning') return false
  if (/nan_to_num|ignore_nan|isnan\(|nan-filter|logging_nan_inf_filter|number of nan iterations: 0/i.test(text))
    return false
  if (/Input contains/.test(text))
    return /loss|predict|logits|compute_metrics|trainer/i.test(found.above(40).join('\n'))
  if (/Expected parameter|probability tensor/.test(text)) return true
  if (/grad_norm['"]: ?(?:nan|inf)/i.test(text))
    return (
      /loss['"]: ?(?:nan|0\.0\b)/i.test(text) ||
      found
        .below(12)
        .concat(found.above(12))
        .some((line) => /grad_norm['"]: ?nan|loss['"]: ?(?:nan|0\.0\b)/i.test(line))
    )
  return true
}
