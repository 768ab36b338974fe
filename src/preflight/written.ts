import { ARGUMENT_CHANGES, type ArgumentChange } from '../diagnosis/catalogue/argument-changes.ts'
import { type FreeLine, parseFreeLine } from '../run/free-line.ts'
import { resolveName } from '../run/spec.ts'

/**
 * Reads a free line of arguments. Names that are still known under another name are renamed; those that transformers has
 * removed are answered with what takes their place, and wait for the person.
 */
export function readWritten(line: string): FreeLine {
  const pieces = line.split(/[,;\n]+/)
  const removed = pieces.map(removedName)
  const rest = parseFreeLine(pieces.filter((_, index) => removed[index] === null).join('\n'))
  return { ...rest, refused: [...rest.refused, ...removed.flatMap((change) => (change ? [sayRemoved(change)] : []))] }
}

/** The change of a name that a piece gives a value to, as `name value`, `name=value` or `value name`. */
function removedName(piece: string): ArgumentChange | null {
  const words = piece
    .trim()
    .toLowerCase()
    .split(/[\s=:]+/)
    .map((word) => word.replace(/^-+/, '').replaceAll('-', '_'))
  return (
    [words[0], words.at(-1)]
      .filter((word) => word !== undefined && resolveName(word) === null)
      .map((word) => ARGUMENT_CHANGES.find(({ name, until }) => name === word && until !== null))
      .find((change) => change !== undefined) ?? null
  )
}

function sayRemoved({ name, until, instead, advice }: ArgumentChange): string {
  const gone = `transformers ${until ?? '5.0'} removed \`${name}\``
  if (!instead) return `${gone}: ${advice ?? 'leave it out'}.`
  if (resolveName(instead.name) === null) {
    return `${gone}, now \`${instead.name}\`. Runs here have neither: leave it out.`
  }
  return `${gone}; \`${instead.name}\` does it now${instead.note === undefined ? '' : `: ${instead.note}`}.`
}
