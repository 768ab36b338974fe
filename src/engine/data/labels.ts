import type { ProblemType } from '../../run/problem-type.ts'
import { UserError } from '../../user-error.ts'
import type { Problem, Target } from '../problem.ts'
import type { Column } from './table.ts'

/** More different values than this are no classes. */
const MOST_LABELS = 1000

/** Reads the label column of all rows, and knows at the end what is to be learned. */
export interface LabelReader {
  /** A number that stands for this value until all are read. `where` names the row for the error. */
  code: (value: unknown, where: string) => number
  finish: () => { problem: Problem; targetOf: (code: number) => Target }
}

/**
 * A reader for the problem that is wanted, or else for what the column holds, as run_classification.py finds it: lists are
 * multi-label, numbers with a fraction regression, and anything else single label. Floats that are all whole numbers are
 * classes: a table that once had gaps holds its classes so.
 */
export function readLabels(column: Column, wanted: ProblemType | null): LabelReader {
  switch (wanted) {
    case 'single_label_classification':
      return oneOfSeveral(column)
    case 'multi_label_classification':
      return anyOfSeveral(column)
    case 'regression':
      return numbers(column, { mayBeClasses: false })
    case null:
      return found(column)
  }
}

function found(column: Column): LabelReader {
  if (column.classes && column.kind !== 'list') return oneOfSeveral(column)
  switch (column.kind) {
    case 'list':
      return anyOfSeveral(column)
    case 'number':
      return numbers(column, { mayBeClasses: true })
    case 'integer':
      return wholeSoFar(column)
    default:
      return oneOfSeveral(column)
  }
}

function oneOfSeveral(column: Column): LabelReader {
  const classes = gatherClasses(column)
  return {
    code: (value, where) => classes.code(nameOf(value, column, where)),
    finish: () => {
      const { labels, places } = classes.order()
      return { problem: { type: 'single_label_classification', labels }, targetOf: (code) => places[code] ?? -1 }
    },
  }
}

/** A column whose first rows are whole numbers: where a later one has a fraction, all are values and no classes. */
function wholeSoFar(column: Column): LabelReader {
  const classes = gatherClasses(column)
  let areNumbers = true
  let haveFractions = false
  return {
    code: (value, where) => {
      const number = toNumber(value)
      const isFraction = Number.isFinite(number) && !Number.isInteger(number)
      areNumbers &&= Number.isFinite(number)
      haveFractions ||= isFraction
      return classes.code(isFraction ? String(number) : nameOf(value, column, where))
    },
    finish: () => {
      const { labels, places } = classes.order()
      if (areNumbers && haveFractions) {
        const values = Float64Array.from(places, (place) => Number(labels[place]))
        return { problem: { type: 'regression', labels: [] }, targetOf: (code) => values[code] ?? NaN }
      }
      return { problem: { type: 'single_label_classification', labels }, targetOf: (code) => places[code] ?? -1 }
    },
  }
}

function anyOfSeveral(column: Column): LabelReader {
  const classes = gatherClasses(column)
  // Rows with the same labels share one code: there are far fewer such sets than rows.
  const codes = new Map<string, number>()
  const sets: number[][] = []
  return {
    code: (value, where) => {
      const names = listOf(value, column, where).map((each) => nameOf(each, column, where))
      const set = [...new Set(names.map((name) => classes.code(name)))].sort((a, b) => a - b)
      if (set.length < names.length && names.every((name) => name === '0' || name === '1')) {
        throw hotInsteadOfNames(column, value, where)
      }
      const key = set.join()
      const code = codes.get(key) ?? sets.push(set) - 1
      codes.set(key, code)
      return code
    },
    finish: () => {
      const { labels, places } = classes.order()
      const targets = sets.map((set) => set.map((code) => places[code] ?? -1).sort((a, b) => a - b))
      return { problem: { type: 'multi_label_classification', labels }, targetOf: (code) => targets[code] ?? [] }
    },
  }
}

/** Codes are the values themselves. */
function numbers(column: Column, { mayBeClasses }: { mayBeClasses: boolean }): LabelReader {
  const whole = new Set<number>()
  let areWhole = mayBeClasses
  return {
    code: (value, where) => {
      const number = numberOf(value, column, where)
      areWhole &&= Number.isInteger(number)
      if (areWhole && whole.size <= MOST_LABELS) whole.add(number)
      return number
    },
    finish: () => {
      if (!areWhole) return { problem: { type: 'regression', labels: [] }, targetOf: (code) => code }
      if (whole.size > MOST_LABELS) throw tooMany(column, String([...whole].at(-1)))
      const labels = [...whole].sort((a, b) => a - b)
      const places = new Map(labels.map((label, place) => [label, place]))
      return {
        problem: { type: 'single_label_classification', labels: labels.map(String) },
        targetOf: (code) => places.get(code) ?? -1,
      }
    },
  }
}

/**
 * Gathers the names of classes, and puts them in order at the end: those of a ClassLabel in its own order; whole numbers by
 * size; anything else by code point, as Python sorts strings.
 */
function gatherClasses(column: Column) {
  const codes = new Map<string, number>()
  let areIntegers = column.classes === null

  return {
    code: (name: string): number => {
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
      const placeOf = new Map(labels.map((label, place) => [label, place]))
      const places = new Int32Array(codes.size)
      for (const [name, code] of codes) places[code] = placeOf.get(name) ?? -1
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
      'dataset-label',
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
  throw notALabel({ value, column, where, expected: 'a word, a whole number, or true or false' })
}

function numberOf(value: unknown, column: Column, where: string): number {
  const number = toNumber(value)
  if (Number.isFinite(number)) return number
  throw notALabel({ value, column, where, expected: 'a number' })
}

/** NaN for what is no number. */
function toNumber(value: unknown): number {
  if (typeof value === 'string') return value.trim() === '' ? NaN : Number(value)
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN
}

/** The labels of a row: a list as JSON, Parquet or Python writes it, or names with `,`, `;` or `|` between them. */
function listOf(value: unknown, column: Column, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value !== 'string') {
    if (value === null || value === undefined) throw notALabel({ value, column, where, expected: 'a list of labels' })
    return [value]
  }
  const list = /^\s*\[(.*)\]\s*$/s.exec(value)?.[1] ?? value
  const names = list.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,;|]+/g) ?? []
  return names.map((name) => name.trim().replace(/^(["'])(.*)\1$/s, '$2')).filter((name) => name !== '')
}

function notALabel({
  value,
  column,
  where,
  expected,
}: {
  value: unknown
  column: Column
  where: string
  expected: string
}): UserError {
  const isMissing = value === undefined || value === null || value === ''
  const isFraction = typeof value === 'number' && Number.isFinite(value)
  return new UserError(
    `${where} has ${isMissing ? 'no label' : `the label ${shown(value)}`} in \`${column.name}\`; ${expected} is expected.`,
    isFraction
      ? 'If the labels are measures and no classes, set `problem_type` to `regression`.'
      : 'Mend or remove the row, or name another column with `label_column`.',
    'dataset-label',
  )
}

function hotInsteadOfNames(column: Column, value: unknown, where: string): UserError {
  return new UserError(
    `${where} has the labels ${shown(value)} in \`${column.name}\`, which looks like a 0 or 1 for each label; the names of a row's labels are expected.`,
    'Write the labels that a row has, such as ["news", "sport"].',
    'dataset-label',
  )
}

function tooMany(column: Column, name: string): UserError {
  return new UserError(
    `\`${column.name}\` has more than ${MOST_LABELS} different values (such as \`${name.slice(0, 60)}\`), so it holds no classes.`,
    'Name the column with the label with `label_column`; if the labels are measures, set `problem_type` to `regression`.',
    'dataset-label',
  )
}

function shown(value: unknown): string {
  return `\`${(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) as string | undefined)?.slice(0, 60) ?? 'nothing'}\``
}

/** JavaScript compares UTF-16 units, which differs from Python's order above the basic plane. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
