import { createHash } from 'node:crypto'
import { type Arguments, type ArgumentName, DEFAULTS } from '../run/arguments.ts'
import { writeValue } from '../run/spec.ts'
import type { RunFacts } from './facts.ts'

/** One way to mend it. Lists of fixes go from the least to the most disruptive. */
export interface Fix {
  /** What to do, for people. */
  label: string
  /**
   * `apply`: `change` can be made as it is. `needs-value`: a person must supply something. `maybe`: it helps in some
   * cases. `manual`: it is done outside the run's arguments.
   */
  applicability: 'apply' | 'needs-value' | 'maybe' | 'manual'
  change?: Partial<Arguments>
  command?: string
  keeps_effective_batch: boolean
  /** Whether the trained model will differ from what was asked for. */
  changes_result: boolean
  cost?: string
}

type More = Partial<Pick<Fix, 'change' | 'command' | 'keeps_effective_batch' | 'changes_result' | 'cost'>>

/** Something a person does outside the run's arguments. */
export function manual(label: string, more: More = {}): Fix {
  return { label, applicability: 'manual', keeps_effective_batch: true, changes_result: false, ...more }
}

/** A command for the machine that trains. */
export function command(label: string, line: string, more: More = {}): Fix {
  return manual(label, { command: line, ...more })
}

/** Something that helps in some cases only. */
export function maybe(label: string, more: More = {}): Fix {
  return { ...manual(label, more), applicability: 'maybe' }
}

/** A person must say which value. */
export function needsValue(label: string, more: More = {}): Fix {
  return { ...manual(label, more), applicability: 'needs-value' }
}

/**
 * A change to the run's own arguments, written as `name old → new`. One that changes what is trained is never
 * applied without asking, so it becomes `maybe`.
 */
export function change(facts: RunFacts, to: Partial<Arguments>, why: string, more: More = {}): Fix {
  const fix = manual(`${writeDiff(facts.args, to)}: ${why}`, { change: to, ...more })
  return { ...fix, applicability: fix.changes_result || facts.args === undefined ? 'maybe' : 'apply' }
}

/**
 * A change as people read it: `per_device_train_batch_size 64 → 32 and gradient_accumulation_steps 1 → 2`. Without the
 * arguments that it changes only the new values are known: `per_device_train_batch_size to 32`.
 */
export function writeDiff(args: Partial<Arguments> | undefined, to: Partial<Arguments>): string {
  const before = { ...DEFAULTS, ...args }
  const parts = (Object.keys(to) as ArgumentName[]).map((name) => {
    const after = writeValue(to[name] as Arguments[ArgumentName])
    return args === undefined ? `${name} to ${after}` : `${name} ${writeValue(before[name])} → ${after}`
  })
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ')
}

/** Whether a button can make a fix: it changes arguments of the run to values that are known and that it does not have. */
export function canApply(fix: Fix, args: Arguments): fix is Fix & { change: Partial<Arguments> } {
  const possible = fix.applicability === 'apply' || fix.applicability === 'maybe'
  const changed = Object.entries(fix.change ?? {}).filter(([name, value]) => args[name as ArgumentName] !== value)
  return possible && changed.length > 0
}

/** The same for every run that the fix helps: the arguments that it changes, in alphabetical order. */
export function kindOfFix({ change = {} }: Pick<Fix, 'change'>): string {
  return Object.keys(change).sort().join(' ')
}

/** The change itself, the same whatever the order in which it is written. */
export function changeOfFix({ change = {} }: Pick<Fix, 'change'>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(change).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** Ten characters that name a change of one run, for a button. */
export function fixId(fix: Pick<Fix, 'change'>): string {
  return createHash('sha256').update(changeOfFix(fix)).digest('hex').slice(0, 10)
}

/** huggingface/transformers#47688: a model whose forward takes **kwargs is believed to divide its loss itself. */
const MULTIPLIED =
  'with transformers 5 set trainer.model_accepts_loss_kwargs = False, else the loss is shown and clipped multiplied by the accumulation steps'

/** Half the batch with twice the accumulation: the same rows an update. Null when the batch cannot be halved. */
export function halveBatch(facts: RunFacts): Fix | null {
  const batch = facts.args?.per_device_train_batch_size
  if (batch === undefined) {
    return maybe(
      'Halve per_device_train_batch_size (a smaller batch) and double gradient_accumulation_steps: the effective batch stays, so the result should not change',
      { cost: MULTIPLIED },
    )
  }
  if (batch < 2) return null
  const accumulation = facts.args?.gradient_accumulation_steps ?? DEFAULTS.gradient_accumulation_steps
  return smallerBatch(facts, { batch, rows: Math.floor(batch / 2), accumulation, more: accumulation * 2 })
}

/** A batch of so many rows, which is known to fit, with about the same rows an update. Null when it is no smaller. */
export function fitBatch(facts: RunFacts, rows: number): Fix | null {
  const batch = facts.args?.per_device_train_batch_size ?? DEFAULTS.per_device_train_batch_size
  const accumulation = facts.args?.gradient_accumulation_steps ?? DEFAULTS.gradient_accumulation_steps
  if (rows < 1 || rows >= batch) return null
  return smallerBatch(facts, { batch, rows, accumulation, more: Math.ceil((batch * accumulation) / rows) })
}

function smallerBatch(
  facts: RunFacts,
  { batch, rows, accumulation, more }: { batch: number; rows: number; accumulation: number; more: number },
): Fix {
  const even = rows * more === batch * accumulation
  return change(
    facts,
    { per_device_train_batch_size: rows, gradient_accumulation_steps: more },
    even
      ? `the effective batch stays ${batch * accumulation}, so the result should not change`
      : `the effective batch goes from ${batch * accumulation} to ${rows * more}`,
    { keeps_effective_batch: even, changes_result: !even, cost: 'more steps, each smaller' },
  )
}

/** Less memory for the same result, in more time. Null where it is on. */
export function computeLayersAgain(facts: RunFacts): Fix | null {
  if (facts.args?.gradient_checkpointing) return null
  return change(
    facts,
    { gradient_checkpointing: true },
    'less memory for what layers make on their way; the result stays the same',
    { cost: 'up to a third more time a step' },
  )
}

/** Shorter texts need less memory, and change what is trained. */
export function shorten(facts: RunFacts): Fix {
  const length = facts.args?.max_length ?? DEFAULTS.max_length
  const to = Math.max(4, Math.floor(length / 2))
  return change(facts, { max_length: to }, 'a shorter sequence length; longer texts lose their end', {
    changes_result: true,
  })
}
