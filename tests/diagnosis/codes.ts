import { CATALOGUE } from '../../src/diagnosis/catalogue/all.ts'

const BEGIN = '<!-- codes -->'
const END = '<!-- /codes -->'

/** The page with its table of codes made anew from the catalogue. */
export function withCodes(page: string): string {
  const [head, rest] = page.split(BEGIN)
  const tail = rest?.split(END)[1]
  if (head === undefined || tail === undefined) throw new Error(`Expected ${BEGIN} and ${END} in the page.`)
  const rows = [...CATALOGUE]
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .map(({ code, title, slug }) => `| ${code} | ${title} | ${slug} |`)
  const table = ['| code | what is wrong | cause |', '| --- | --- | --- |', ...rows].join('\n')
  return `${head}${BEGIN}\n\n${table}\n\n${END}${tail}`
}

/** A Markdown table without the padding that a formatter gives it. */
export const unpadded = (page: string) => page.replace(/ {2,}\|/g, ' |').replace(/-{3,}/g, '---')
