import type { Arguments } from '../../run/arguments.ts'
import { UserError } from '../../user-error.ts'
import type { Target } from '../problem.ts'
import type { Row } from './dataset.ts'
import type { Split } from './scan.ts'

/** Characters kept of a text for each token that the model may read of it; more would only fill the memory. */
const CHARACTERS_A_TOKEN = 100

/**
 * Reads the texts of the rows at `selected` places of a split, in that order. The rest of the files is passed over, and
 * memory holds the selected rows alone; a text longer than 100 characters for each token of `max_length` is cut.
 */
export async function collect({
  split,
  targetOf,
  text_column,
  selected,
  max_length,
  truncation_side,
  signal,
  progress,
}: {
  split: Split
  targetOf: (code: number) => Target
  text_column: string
  selected: Uint32Array
  max_length: number
  truncation_side: Arguments['truncation_side']
  signal: AbortSignal
  progress: (done: number, of: number) => void
}): Promise<Row[]> {
  // Where each row of the files goes, -1 for nowhere.
  const target = new Int32Array(split.codes.length).fill(-1)
  selected.forEach((member, i) => (target[split.members?.[member] ?? member] = i))
  const rows = new Array<Row>(selected.length)
  let row = 0
  let taken = 0
  for (const table of split.tables) {
    for await (const { place, values } of table.rows([text_column])) {
      if (row % 1000 === 0) {
        signal.throwIfAborted()
        progress(taken, selected.length)
      }
      const at = target[row] ?? -1
      const label = targetOf(split.codes[row] ?? -1)
      row++
      if (at < 0) continue
      const text = textOf(values[0], `${table.counts} ${place} of \`${table.file}\``, text_column)
      rows[at] = {
        id: `${table.file}:${place}`,
        text: shorten(text, max_length * CHARACTERS_A_TOKEN, truncation_side),
        label,
      }
      taken++
      if (taken === selected.length) break
    }
    if (taken === selected.length) break
  }
  if (taken < selected.length) {
    throw new UserError(
      'The data changed while they were read.',
      'Start the run again when the file is complete.',
      'dataset-changed',
    )
  }
  progress(taken, selected.length)
  return rows
}

function textOf(value: unknown, where: string, column: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  const came = value === null || value === undefined ? 'nothing' : `a ${Array.isArray(value) ? 'list' : typeof value}`
  throw new UserError(
    `The ${where} has ${came} as its text in \`${column}\`.`,
    'Mend or remove the row, or name another column with `text_column`.',
    'dataset-text',
  )
}

/** A copy, since a slice would keep the whole text alive. */
function shorten(text: string, characters: number, side: Arguments['truncation_side']): string {
  if (text.length <= characters) return text
  const kept = side === 'left' ? text.slice(-characters) : text.slice(0, characters)
  return Buffer.from(kept, 'utf16le').toString('utf16le')
}
