import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { UserError } from '../user-error.ts'
import {
  ALIASES,
  ARGUMENT_NAMES,
  ARGUMENTS,
  type ArgumentName,
  type Arguments,
  DEFAULTS,
  RENAMED,
} from './arguments.ts'

const argumentShape = Object.fromEntries(ARGUMENT_NAMES.map((name) => [name, ARGUMENTS[name].schema])) as unknown as {
  [Name in ArgumentName]: (typeof ARGUMENTS)[Name]['schema']
}

/** A branch, a tag or a commit of a repository of the Hub. */
const Revision = z.string().min(1).max(200)

/** What to do: the model to start from, the dataset, and every argument with its value. */
export const RunSpec = z.strictObject({
  /** `builtin/encoder`, a Hub id, or a folder of the models folder. */
  model: z.string().min(1).max(200),
  /** `builtin/emails`, a Hub id, or a file or folder of the datasets folder. */
  dataset: z.string().min(1).max(200),
  /** Of a Hub id: the commit, once it is known. For a dataset that of the branch that its rows are read from. */
  model_revision: Revision.optional(),
  dataset_revision: Revision.optional(),
  /** Of a dataset of the Hub: which of its configurations. */
  dataset_config_name: z.string().min(1).max(200).optional(),
  args: z.strictObject(argumentShape),
})
export type RunSpec = z.infer<typeof RunSpec>

/** What says which repository, at which commit: everything of a spec but its arguments. */
export type Named = Omit<RunSpec, 'args'>

/** One value that cannot be used, in the words that a person reads. */
export interface Problem {
  name: string
  text: string
}

/** Turns what a person wrote as an argument's name into the name itself; what was renamed is said in `notice`. */
export function resolveName(written: string): { name: ArgumentName; notice: string | null } | null {
  const word = written.trim().toLowerCase().replace(/^-+/, '')
  const exact = word.replaceAll('-', '_')
  if (isArgumentName(exact)) return { name: exact, notice: null }
  const renamed = RENAMED[exact]
  if (renamed) {
    return { name: renamed.to, notice: `\`${exact}\` → \`${renamed.to}\` (renamed in transformers ${renamed.since})` }
  }
  const alias = ALIASES[word] ?? ALIASES[exact]
  return alias ? { name: alias, notice: null } : null
}

/** The argument a person most likely meant, or null when nothing is near. */
export function nearestName(written: string): ArgumentName | null {
  const word = written.trim().toLowerCase().replaceAll('-', '_')
  const ranked = [...ARGUMENT_NAMES, ...Object.keys(ALIASES)]
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  if (!best || best.edits > Math.max(2, Math.floor(word.length / 4))) return null
  return isArgumentName(best.candidate) ? best.candidate : (ALIASES[best.candidate] ?? null)
}

/** Reads one value as a person writes it: `3e-5`, `none`, `true`, `epoch`. Throws UserError when it does not fit. */
export function readValue<Name extends ArgumentName>(name: Name, written: string): Arguments[Name] {
  const text = written.trim()
  const candidates: unknown[] = [Number(text.replaceAll('_', '')), text]
  if (/^(none|null|off)$/i.test(text)) candidates.unshift(null)
  if (/^(true|yes|on)$/i.test(text)) candidates.unshift(true)
  if (/^(false|no|off)$/i.test(text)) candidates.unshift(false)
  for (const candidate of candidates) {
    const parsed = ARGUMENTS[name].schema.safeParse(candidate)
    if (text !== '' && parsed.success) return parsed.data as Arguments[Name]
  }
  throw new UserError(`\`${name}\` takes ${ARGUMENTS[name].expected}; got \`${text.slice(0, 80) || 'nothing'}\`.`)
}

/** How a value is written for people: small numbers as 2e-05, as transformers prints them. */
export function writeValue(value: Arguments[ArgumentName]): string {
  if (value === null) return 'none'
  if (typeof value !== 'number') return String(value)
  if (value === 0 || Math.abs(value) >= 1e-3) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/**
 * A whole spec from a model, a dataset and the arguments that were given; the rest are defaults.
 * Rules that need two arguments are checked here too. Throws UserError listing every problem at once.
 */
export function buildSpec({ args, ...named }: Named & { args: Partial<Arguments> }): RunSpec {
  const spec = { ...named, args: { ...DEFAULTS, ...args } }
  const problems = checkSpec(spec)
  if (problems.length > 0) throw new UserError(problems.map((problem) => problem.text).join('\n'))
  return RunSpec.parse(spec)
}

/** Every problem of a spec, empty when it can run. */
export function checkSpec(spec: { model: string; dataset: string; args: Record<string, unknown> }): Problem[] {
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(spec.args)) {
    if (!isArgumentName(name)) {
      const near = nearestName(name)
      problems.push({ name, text: `There is no argument \`${name}\`.${near ? ` Did you mean \`${near}\`?` : ''}` })
    } else if (!ARGUMENTS[name].schema.safeParse(value).success) {
      problems.push({ name, text: `\`${name}\` takes ${ARGUMENTS[name].expected}; got \`${String(value)}\`.` })
    }
  }
  if (problems.length > 0) return problems
  return crossChecks(spec.args as Arguments)
}

/** The rules of TrainingArguments.__post_init__ that need more than one argument. */
function crossChecks(args: Arguments): Problem[] {
  const problems: Problem[] = []
  if (args.load_best_model_at_end && args.eval_strategy !== args.save_strategy) {
    problems.push({
      name: 'load_best_model_at_end',
      text: `\`load_best_model_at_end\` needs \`eval_strategy\` and \`save_strategy\` to be the same; they are \`${args.eval_strategy}\` and \`${args.save_strategy}\`. Set both to \`epoch\`.`,
    })
  }
  const evalEvery = args.eval_steps ?? args.logging_steps
  if (args.load_best_model_at_end && args.eval_strategy === 'steps' && args.save_steps % evalEvery !== 0) {
    problems.push({
      name: 'save_steps',
      text: `With \`load_best_model_at_end\`, \`save_steps\` must be a multiple of \`eval_steps\`; ${args.save_steps} is no multiple of ${evalEvery}.`,
    })
  }
  if (args.early_stopping_patience !== null && args.eval_strategy === 'no') {
    problems.push({
      name: 'early_stopping_patience',
      text: '`early_stopping_patience` needs evaluations. Set `eval_strategy` to `epoch`.',
    })
  }
  const precisions = (['bf16', 'fp16'] as const).filter((name) => args[name] === true)
  if (precisions.length > 1) {
    problems.push({ name: 'fp16', text: '`bf16` and `fp16` exclude each other. Set one of them.' })
  }
  if (args.warmup_steps >= 1 && !Number.isInteger(args.warmup_steps)) {
    problems.push({
      name: 'warmup_steps',
      text: `\`warmup_steps\` takes a whole number, or a share below 1; got ${args.warmup_steps}.`,
    })
  }
  return problems
}

/** The arguments whose value is not the default: what a draft marks and a receipt lists. */
export function changedArguments(args: Arguments): ArgumentName[] {
  return ARGUMENT_NAMES.filter((name) => args[name] !== DEFAULTS[name])
}

function isArgumentName(word: string): word is ArgumentName {
  return Object.hasOwn(ARGUMENTS, word)
}
