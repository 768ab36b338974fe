import { ALIASES, ARGUMENT_NAMES, ARGUMENTS, DEFAULTS } from '../../src/run/arguments.ts'
import { writeValue } from '../../src/run/spec.ts'

const BEGIN = '<!-- arguments -->'
const END = '<!-- /arguments -->'

/** The page with its table of arguments made anew from src/run/arguments.ts. */
export function withArguments(page: string): string {
  const [head, rest] = page.split(BEGIN)
  const tail = rest?.split(END)[1]
  if (head === undefined || tail === undefined) throw new Error(`Expected ${BEGIN} and ${END} in the page.`)
  const rows = ARGUMENT_NAMES.map((name) => {
    const words = Object.entries(ALIASES).filter(([, meant]) => meant === name)
    const also = words.map(([word]) => word).join(', ')
    return `| ${name} | ${writeValue(DEFAULTS[name])} | ${ARGUMENTS[name].help} | ${ARGUMENTS[name].expected} | ${also} |`
  })
  const table = [
    '| name | default | what it does | values | also understood |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ]
  return `${head}${BEGIN}\n\n${table.join('\n')}\n\n${END}${tail}`
}
