/**
 * How TrainingArguments changed from transformers 4.41 to 5.18, compared in both sources: what a name became and in
 * which versions it is understood. A fix is keyed by version, since what mends a script for 5 breaks it for 4.
 */
export interface ArgumentChange {
  name: string
  /** First version that has the name; null when it always had. */
  since: string | null
  /** First version without it; null while it lasts. */
  until: string | null
  /** The argument that does the same now, with the version that has it. */
  instead: { name: string; since: string; note?: string } | null
  /** What to do where no argument replaces it. */
  advice?: string
}

const gone = (name: string, advice: string, until = '5.0'): ArgumentChange => ({
  name,
  since: null,
  until,
  instead: null,
  advice,
})
const replaced = (name: string, instead: string, note?: string, until = '5.0', since = '4.0'): ArgumentChange => ({
  name,
  since: null,
  until,
  instead: { name: instead, since, ...(note === undefined ? {} : { note }) },
})
const added = (name: string, since: string, advice: string): ArgumentChange => ({
  name,
  since,
  until: null,
  instead: null,
  advice,
})

export const ARGUMENT_CHANGES: readonly ArgumentChange[] = [
  replaced('evaluation_strategy', 'eval_strategy', 'the value stays', '4.46', '4.41'),
  replaced('no_cuda', 'use_cpu', 'the value stays', '5.0', '4.34'),
  replaced('per_gpu_train_batch_size', 'per_device_train_batch_size', 'the value stays'),
  replaced('per_gpu_eval_batch_size', 'per_device_eval_batch_size', 'the value stays'),
  replaced('warmup_ratio', 'warmup_steps', 'a value below 1 is a share of all steps', '5.0', '5.0'),
  replaced('adafactor', 'optim', 'write optim="adafactor"'),
  replaced(
    'group_by_length',
    'train_sampling_strategy',
    'write train_sampling_strategy="group_by_length"',
    '5.0',
    '5.0',
  ),
  replaced('include_inputs_for_metrics', 'include_for_metrics', 'write include_for_metrics=["inputs"]', '5.0', '4.46'),
  replaced('include_tokens_per_second', 'include_num_input_tokens_seen', undefined, '5.0', '4.36'),
  replaced('jit_mode_eval', 'torch_compile'),
  replaced('torchdynamo', 'torch_compile_backend'),
  replaced('push_to_hub_model_id', 'hub_model_id'),
  replaced('push_to_hub_organization', 'hub_model_id', 'write hub_model_id="organisation/name"'),
  replaced('push_to_hub_token', 'hub_token'),
  replaced('fsdp_min_num_params', 'fsdp_config', 'put min_num_params into it'),
  replaced('fsdp_transformer_layer_cls_to_wrap', 'fsdp_config', 'put transformer_layer_cls_to_wrap into it'),
  replaced('tpu_metrics_debug', 'debug', 'write debug="tpu_metrics_debug"'),
  gone('logging_dir', 'set the environment variable TENSORBOARD_LOGGING_DIR'),
  gone('overwrite_output_dir', 'leave it out; resume_from_checkpoint decides whether a run goes on'),
  gone('save_safetensors', 'leave it out: weights are always saved as safetensors'),
  gone('fp16_backend', 'leave it out: torch.amp is always used'),
  gone('half_precision_backend', 'leave it out: torch.amp is always used'),
  gone('fp16_opt_level', 'leave it out: torch.amp is always used'),
  gone('use_mps_device', 'leave it out: an Apple GPU is found by itself'),
  gone('tpu_num_cores', 'set the environment variable TPU_NUM_CORES'),
  gone('ray_scope', 'set the environment variable RAY_SCOPE'),
  gone('past_index', 'leave it out'),
  gone('mp_parameters', 'leave it out'),
  gone('use_legacy_prediction_loop', 'leave it out'),
  gone('_n_gpu', 'leave it out'),
  added('eval_strategy', '4.41', 'write evaluation_strategy, or install transformers 4.41 or newer'),
  added('use_cpu', '4.34', 'write no_cuda, or install transformers 4.34 or newer'),
  added('include_for_metrics', '4.46', 'write include_inputs_for_metrics=True, or upgrade transformers'),
  added('enable_jit_checkpoint', '5.0', 'leave it out, or install transformers 5'),
  added('train_sampling_strategy', '5.0', 'write group_by_length, or install transformers 5'),
  added('use_cache', '5.0', 'leave it out, or install transformers 5'),
  added('dataloader_in_order', '5.0', 'leave it out, or install transformers 5'),
  added('dataloader_multiprocessing_context', '5.0', 'leave it out, or install transformers 5'),
  added('ddp_static_graph', '5.0', 'leave it out, or install transformers 5'),
  added('trackio_bucket_id', '5.0', 'leave it out, or install transformers 5'),
  added('trackio_static_space_id', '5.0', 'leave it out, or install transformers 5'),
]

/** The change of a name that matters for the installed version; without a version, the one that made it an error. */
export function changeOf(name: string, version: string | undefined): ArgumentChange | null {
  const changes = ARGUMENT_CHANGES.filter((change) => change.name === name)
  if (version === undefined) return changes[0] ?? null
  return changes.find((change) => !understands(change, version)) ?? null
}

/** Whether a version of transformers takes the name. */
export function understands(change: ArgumentChange, version: string): boolean {
  const isOld = change.since !== null && compareVersions(version, change.since) < 0
  const isGone = change.until !== null && compareVersions(version, change.until) >= 0
  return !isOld && !isGone
}

/** Negative when `a` is the older one; only the leading numbers count. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const [left, right] = [parts(a), parts(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
