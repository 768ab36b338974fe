import { UserError } from '../../user-error.ts'
import type { Column } from './table.ts'

/** More different values than this are no classes. */
const MOST_LABELS = 1000

/**
 * Gathers the labels of all rows, and puts them in order at the end: those of a ClassLabel in its own order; whole numbers
 * by size; false before true; anything else by code point, as Python sorts strings.
 */
export function gatherLabels(column: Column) {
  const codes = new Map<string, number>()
  let areIntegers = column.classes === null

  return {
    /** A number for this value until the order is known. `where` names the row for the error. */
    code: (value: unknown, where: string): number => {
      const name = nameOf(value, column, where)
      const known = codes.get(name)
      if (known !== undefined) return known
      if (codes.size === MOST_LABELS) throw tooMany(column, name)
      areIntegers &&= /^-?\d{1,15}$/.test(name)
      codes.set(name, codes.size)
      return codes.size - 1
    },
    /** The names in order, and for each code its place among them. */
    order: (): { labels: string[]; places: Int32Array } => {
      const found = [...codes.keys()]
      const byNumber = (a: string, b: string) => Number(a) - Number(b)
      const labels = column.classes ? [...column.classes] : areIntegers ? found.sort(byNumber) : found.sort(byCodePoint)
      const places = new Int32Array(codes.size)
      for (const [name, code] of codes) places[code] = labels.indexOf(name)
      return { labels, places }
    },
  }
}

/** What a value is called; 1.0 is 1, as tables that once had gaps hold it. */
function nameOf(value: unknown, column: Column, where: string): string {
  if (column.classes) {
    const name = column.classes[Number(value)]
    if (name !== undefined) return name
    throw new UserError(
      `${where} has the label ${shown(value)}; \`${column.name}\` has the classes 0 to ${column.classes.length - 1}.`,
      'Rows without a label (-1) cannot be trained on or evaluated: leave them out.',
    )
  }
  switch (typeof value) {
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      if (Number.isInteger(value)) return String(value)
      break
    case 'string':
      if (value.trim() !== '') return value.trim().replace(/^(-?\d+)\.0+$/, '$1')
      break
    default:
  }
  throw new UserError(
    `${where} has ${value === undefined || value === null || value === '' ? 'no label' : `the label ${shown(value)}`} in \`${column.name}\`; a word, a whole number, or true or false is expected.`,
    'Mend or remove the row, or name another column with `label_column`.',
  )
}

function tooMany(column: Column, name: string): UserError {
  return new UserError(
    `\`${column.name}\` has more than ${MOST_LABELS} different values (such as \`${name.slice(0, 60)}\`), so it holds no classes.`,
    'Name the column with the label with `label_column`.',
  )
}

function shown(value: unknown): string {
  return `\`${(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) as string | undefined)?.slice(0, 60) ?? 'nothing'}\``
}

/** JavaScript compares UTF-16 units, which differs from Python's order above the basic plane. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
