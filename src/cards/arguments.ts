import { type ArgumentName, type Arguments, DEFAULTS } from '../run/arguments.ts'
import { changedArguments, writeValue } from '../run/spec.ts'
import { inlineCode } from './user-text.ts'

/** Arguments that a draft always shows, in this order; the others only where they differ from the default. */
const ALWAYS = [
  'learning_rate',
  'num_train_epochs',
  'per_device_train_batch_size',
  'max_length',
] as const satisfies readonly ArgumentName[]

/** Said in words of their own (rows, batch) or only once max_steps is off. */
const IN_WORDS: ReadonlySet<ArgumentName> = new Set([
  'max_train_samples',
  'max_eval_samples',
  'shuffle_seed',
  'gradient_accumulation_steps',
])

/** A line an argument: `learning_rate 0.0001 (default 5e-05)`; only what differs is marked. */
export function argumentLines(args: Arguments): string[] {
  const names = [...new Set<ArgumentName>([...ALWAYS, ...changedArguments(args)])].filter((name) => !IN_WORDS.has(name))
  return names.map((name) => argumentLine(name, args))
}

/** How rows become an update: `16 × 2 accumulation = 32 rows an update`. */
export function effectiveBatch(args: Arguments): number {
  return args.per_device_train_batch_size * args.gradient_accumulation_steps
}

function argumentLine(name: ArgumentName, args: Arguments): string {
  const differs = args[name] !== DEFAULTS[name]
  const value = inlineCode(writeValue(args[name]))
  const off = name === 'num_train_epochs' && args.max_steps > 0 ? ' · max_steps decides' : ''
  const accumulated =
    name === 'per_device_train_batch_size' && args.gradient_accumulation_steps > 1
      ? ` × ${args.gradient_accumulation_steps} accumulation = ${effectiveBatch(args)} rows an update`
      : ''
  const was = differs ? ` (default ${writeValue(DEFAULTS[name])})` : ''
  return `${differs ? '**' : ''}${name}${differs ? '**' : ''} ${value}${accumulated}${was}${off}`
}
