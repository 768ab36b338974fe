import { RunFailure } from '../../failure.ts'

/** Says what a step needs, what is free, and what would fit; all in bytes, `fits` in rows. */
export function outOfMemory({
  needed,
  free,
  total,
  fits,
}: {
  needed: number
  free: number
  total: number
  fits: number | null
}): RunFailure {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  return new RunFailure({
    code: 'out-of-memory',
    exit: 'unavailable',
    message: `A step needs ${gib(needed)} of GPU memory besides the weights, and ${gib(free)} of ${gib(total)} are free.`,
    remedy:
      fits === null
        ? 'Shorten the rows with `max_length`, take a smaller model, or free the GPU of other programs.'
        : `Set \`per_device_train_batch_size\` to ${fits}, which fits, and raise \`gradient_accumulation_steps\` to keep the effective batch.`,
  })
}
