import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A text of tests/diagnosis/texts with the cause it must be given; null for one that must not be diagnosed. */
export interface Written {
  file: string
  slug: string | null
  text: string
}

/** Those that the catalogue was written with, or those that were held out. */
export function readTexts(which: 'texts' | 'held-out' = 'texts'): Written[] {
  const folder = join(import.meta.dirname, which)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split(/^=== /m)
        .slice(1)
        .map((section) => {
          const end = section.indexOf('\n')
          const slug = section.slice(0, end).trim()
          return { file, slug: slug === 'none' ? null : slug, text: section.slice(end + 1) }
        }),
    )
}
