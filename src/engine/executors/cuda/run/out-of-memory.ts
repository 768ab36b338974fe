import { RunFailure } from '../../../failure.ts'

/**
 * Says what a step needs, what is free, and what would fit; all in bytes, `fits` in rows. `checkpointed` is whether it would
 * with gradient checkpointing.
 */
export function outOfMemory({
  needed,
  free,
  total,
  fits,
  checkpointed,
}: {
  needed: number
  free: number
  total: number
  fits: number | null
  checkpointed: boolean
}): RunFailure {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  return new RunFailure({
    code: 'out-of-memory',
    exit: 'unavailable',
    message: `A step needs ${gib(needed)} of GPU memory besides the weights, and ${gib(free)} of ${gib(total)} are free.`,
    remedy: remedyFor({ fits, checkpointed }),
  })
}

/** Says that memory would do, and counting does not; `fits` in rows. */
export function tooManyElements({ elements, fits }: { elements: number; fits: number | null }): RunFailure {
  return new RunFailure({
    code: 'out-of-memory',
    exit: 'unavailable',
    message: `A tensor of a step would have ${elements} elements, and a kernel counts to ${2 ** 31 - 1}.`,
    remedy: remedyFor({ fits, checkpointed: false }),
  })
}

function remedyFor({ fits, checkpointed }: { fits: number | null; checkpointed: boolean }): string {
  const ways = [
    ...(fits === null
      ? []
      : [
          `set \`per_device_train_batch_size\` to ${fits}, which fits, and raise \`gradient_accumulation_steps\` to keep the effective batch`,
        ]),
    ...(checkpointed
      ? ['set `gradient_checkpointing` to true, which fits and gives the same result in up to a third more time']
      : []),
  ]
  const said = ways.join('; or ')
  return said === ''
    ? 'Shorten the rows with `max_length`, take a smaller model, or free the GPU of other programs.'
    : `S${said.slice(1)}.`
}
