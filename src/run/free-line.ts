import { ARGUMENTS, type Arguments, type ArgumentName } from './arguments.ts'
import { nearestName, readValue, resolveName, writeValue } from './spec.ts'
import { UserError } from '../user-error.ts'

export interface FreeLine {
  args: Partial<Arguments>
  /** Renames that were understood, to be said. */
  notices: string[]
  /** Words that were not understood, each with a reason. Never guessed. */
  refused: string[]
}

/**
 * Reads a free line such as `lr 3e-5, 3 epochs, batch=32` into arguments by their real names.
 * Pieces are divided by commas, semicolons or new lines; a piece is `name value`, `name=value`, `name: value` or `value name`.
 */
export function parseFreeLine(line: string): FreeLine {
  const result: FreeLine = { args: {}, notices: [], refused: [] }
  for (const piece of line.split(/[,;\n]+/)) {
    const words = piece.trim()
    if (words === '') continue
    const pair = splitPair(words)
    if (!pair) {
      result.refused.push(refusal(words))
      continue
    }
    if (pair.notice) result.notices.push(pair.notice)
    try {
      assign(result.args, pair.name, pair.value)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      result.refused.push(error.message)
    }
  }
  return result
}

/** The same arguments as a line that parses back to them, in canonical names. */
export function writeFreeLine(args: Partial<Arguments>): string {
  return (Object.keys(args) as ArgumentName[])
    .map((name) => `${name} ${writeValue(args[name] as Arguments[ArgumentName])}`)
    .join(', ')
}

function assign(args: Partial<Arguments>, name: ArgumentName, written: string): void {
  Object.assign(args, { [name]: readValue(name, written) })
}

function splitPair(words: string): { name: ArgumentName; value: string; notice: string | null } | null {
  const first = /^-*([\p{L}_ -]+?[\p{L}\d_-]*)\s*(?:=|:|\s)\s*(\S+)$/u.exec(words)
  if (first?.[1] !== undefined && first[2] !== undefined) {
    const resolved = resolveName(first[1])
    if (resolved) return { ...resolved, value: first[2] }
  }
  const last = /^(\S+)\s+([\p{L}_ -]+)$/u.exec(words)
  if (last?.[1] !== undefined && last[2] !== undefined) {
    const resolved = resolveName(last[2])
    if (resolved) return { ...resolved, value: last[1] }
  }
  return null
}

function refusal(words: string): string {
  const word = /[\p{L}_]{2,}/u.exec(words)?.[0] ?? words
  const near = nearestName(word)
  const isPair = /^\S+\s*[\s=:]\s*\S+$/.test(words)
  const hint = near
    ? ` Did you mean \`${near}\` (${ARGUMENTS[near].help})?`
    : isPair
      ? ` There is no argument \`${word.slice(0, 40)}\`.`
      : ' Write it as `name value`.'
  return `\`${words.slice(0, 80)}\` was not understood.${hint}`
}
