import { distance } from 'fastest-levenshtein'
import type { Arguments } from '../../run/arguments.ts'
import { UserError } from '../../user-error.ts'
import type { Column, Table } from './table.ts'

/**
 * Which columns hold text and label: those that are named, else `label`, and `text` or the only other column of strings.
 * Throws UserError that says which columns there are.
 */
export function chooseColumns({
  table,
  args,
}: {
  table: Pick<Table, 'file' | 'columns'>
  args: Pick<Arguments, 'text_column' | 'label_column'>
}): { text: Column; label: Column } {
  const label = named(table, args.label_column ?? 'label', 'label')
  const text = args.text_column === null ? guessText(table, label) : named(table, args.text_column, 'text')
  if (text === label) {
    throw new UserError(`\`${text.name}\` cannot be text and label at once.`, 'Name two columns.', 'dataset-column')
  }
  return { text, label }
}

function named(table: Pick<Table, 'file' | 'columns'>, name: string, what: 'text' | 'label'): Column {
  const column = table.columns.find((each) => each.name === name)
  if (column) return column
  const nearest = table.columns
    .map((each) => ({ each, edits: distance(each.name.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)[0]
  const isNear = nearest && nearest.edits <= Math.max(2, name.length / 3)
  throw new UserError(
    `\`${table.file}\` has no column \`${name}\`; it has ${listed(table.columns)}.`,
    isNear
      ? `Set \`${what}_column\` to \`${nearest.each.name}\`.`
      : `Say which one holds the ${what} with \`${what}_column\`.`,
    'dataset-column',
  )
}

function guessText(table: Pick<Table, 'file' | 'columns'>, label: Column): Column {
  const others = table.columns.filter((column) => column !== label)
  const strings = others.filter(({ kind }) => kind === 'text')
  const text = others.find(({ name }) => name === 'text') ?? (strings.length === 1 ? strings[0] : undefined)
  if (text) return text
  throw new UserError(
    `\`${table.file}\` has ${strings.length === 0 ? 'no column' : 'several columns'} of strings that may be the text; its columns are ${listed(table.columns)}.`,
    'Say which one holds the text with `text_column`.',
    'dataset-column',
  )
}

function listed(columns: readonly Column[]): string {
  const shown = columns.slice(0, 20).map(({ name }) => `\`${name.slice(0, 60)}\``)
  return columns.length > 20 ? `${shown.join(', ')} and ${columns.length - 20} more` : shown.join(', ')
}
