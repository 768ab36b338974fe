import type { Arguments } from '../run/arguments.ts'
import { UserError } from '../user-error.ts'
import { EXIT, type ExitName } from './exit-codes.ts'

/** What ended a run, in the words of the `failed` event, and how the process ends. */
export interface Failure {
  code: string
  message: string
  remedy: string | null
  trace: string
  exit: ExitName
}

/** An error whose code the engine knows itself, as opposed to one told from the text of another's. */
export class RunFailure extends UserError {
  declare readonly code: string
  readonly exit: ExitName

  constructor({ code, exit, message, remedy }: Omit<Failure, 'trace'>) {
    super(message, remedy, code)
    this.exit = exit
  }
}

/** How the process ends for a UserError that carries a code; with any other code, and with none, it is `data`. */
const EXITS: Readonly<Record<string, ExitName>> = {
  'path-outside': 'denied',
  'permission-denied': 'denied',
  'model-not-found': 'notFound',
  'dataset-not-found': 'notFound',
  environment: 'usage',
  'hub-unauthorized': 'denied',
  'hub-forbidden': 'denied',
  'hub-gated': 'denied',
  'hub-missing': 'notFound',
  'hub-no-revision': 'notFound',
  'hub-no-file': 'notFound',
  'hub-disabled': 'notFound',
  'hub-offline': 'notFound',
  'hub-rate-limited': 'tempFail',
  'hub-unavailable': 'tempFail',
  'hub-unreachable': 'tempFail',
  'hub-cut': 'tempFail',
  'hub-refused': 'tempFail',
  'hub-not-understood': 'tempFail',
  'hub-corrupt': 'io',
  'hub-disk-full': 'io',
}

const OUT_OF_MEMORY = /bad_alloc|failed to allocate|allocation failed|out of memory|ENOMEM/i

/** Turns anything that was thrown into a failure. Nothing is lost: what is not known keeps its trace and is called a bug. */
export function failureOf(error: unknown): Failure {
  const thrown = error instanceof Error ? error : new Error(String(error))
  const trace = thrown.stack ?? String(thrown)
  if (thrown instanceof RunFailure) {
    return { code: thrown.code, message: thrown.message, remedy: thrown.remedy, trace, exit: thrown.exit }
  }
  if (thrown instanceof UserError) {
    const { message, remedy } = thrown
    const code = thrown.code ?? 'data-unreadable'
    return { code, message, remedy, trace, exit: EXITS[code] ?? 'data' }
  }
  const system = 'code' in thrown ? String(thrown.code) : ''
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return {
      code: 'disk-full',
      message: 'The disk is full: the last thing to be written is not whole, what was written before is.',
      remedy: 'Free some space, or set `save_total_limit` so that fewer checkpoints are kept; then run again.',
      trace,
      exit: 'io',
    }
  }
  if (system === 'EFBIG') {
    return {
      code: 'file-too-large',
      message: 'This machine lets no file grow that large; what was written before is whole.',
      remedy: 'Raise the limit (`ulimit -f unlimited` before the engine starts), or ask whoever set it.',
      trace,
      exit: 'io',
    }
  }
  if (OUT_OF_MEMORY.test(thrown.message)) {
    return {
      code: 'out-of-memory',
      message: 'There is not enough memory for a step of this size.',
      remedy:
        'Halve `per_device_train_batch_size` and double `gradient_accumulation_steps`: the effective batch stays. Or set `gradient_checkpointing` to true, where it is not: a step needs less memory and takes longer.',
      trace,
      exit: 'unavailable',
    }
  }
  if (system === 'EACCES' || system === 'EPERM') {
    return {
      code: 'permission-denied',
      message: `Something may not be read or written: ${thrown.message}.`,
      remedy: null,
      trace,
      exit: 'denied',
    }
  }
  if (/^E[A-Z]+$/.test(system)) {
    return { code: 'io', message: `Reading or writing failed: ${thrown.message}.`, remedy: null, trace, exit: 'io' }
  }
  return { code: 'bug', message: `The engine failed: ${thrown.message}`, remedy: null, trace, exit: 'bug' }
}

export function exitCode(name: ExitName): number {
  return EXIT[name].code
}

/** The loss or its gradient is no number any more; every weight is lost with it. */
export function notFinite({
  step,
  loss,
  learning_rate,
  args,
}: {
  step: number
  loss: number
  learning_rate: number
  args: Arguments
}): RunFailure {
  const clipping = args.max_grad_norm === 0 ? ' and set `max_grad_norm` to 1' : ''
  return new RunFailure({
    code: 'loss-not-finite',
    exit: 'data',
    message: `At step ${step} the loss or its gradient is not a number any more (loss ${loss}), at learning_rate ${learning_rate}.`,
    remedy: `Lower \`learning_rate\`${clipping}. A checkpoint, if there is one, is from before.`,
  })
}
