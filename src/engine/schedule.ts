import type { Arguments } from '../run/arguments.ts'

/**
 * The learning rate of update t (0-based) of `total`, as transformers' schedulers give it.
 * `warmup_steps` below 1 is a share of all updates.
 */
export function rateAt(t: number, total: number, args: Schedule): number {
  const warmup = warmupSteps(total, args)
  const peak = args.learning_rate
  if (args.lr_scheduler_type === 'constant') return peak
  if (t < warmup) return (peak * t) / Math.max(1, warmup)
  const left = (total - t) / Math.max(1, total - warmup)
  switch (args.lr_scheduler_type) {
    case 'constant_with_warmup':
      return peak
    case 'linear':
      return peak * Math.max(0, left)
    case 'cosine':
      return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (1 - left))))
    case 'polynomial':
      // Power 1, down to lr_end 1e-7.
      return t > total ? POLYNOMIAL_END : (peak - POLYNOMIAL_END) * left + POLYNOMIAL_END
  }
}

export type Schedule = Pick<Arguments, 'learning_rate' | 'lr_scheduler_type' | 'warmup_steps'>

const POLYNOMIAL_END = 1e-7

/** Updates of warm-up: a whole number as given, a share rounded up. */
export function warmupSteps(total: number, { warmup_steps }: Pick<Arguments, 'warmup_steps'>): number {
  return warmup_steps < 1 ? Math.ceil(total * warmup_steps) : warmup_steps
}
