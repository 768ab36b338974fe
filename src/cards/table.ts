import { TABLE_WIDTH } from './limits.ts'
import { clip, visible } from './user-text.ts'

/**
 * Rows as a code block: the first column to the left, numbers to the right. No wider than a phone: the first column is
 * cut to what is left.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => Array.from(cell(row[column])).length)),
  )
  const rest = widths.slice(1).reduce((sum, width) => sum + width + 2, 0)
  widths[0] = Math.min(widths[0] ?? 0, Math.max(4, TABLE_WIDTH - rest))
  const lines = rows.map((row) =>
    row
      .map((entry, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? clip(cell(entry), width).padEnd(width) : cell(entry).padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
  return `\`\`\`\n${lines.join('\n')}\n\`\`\``
}

function cell(entry: string | undefined): string {
  return visible(entry ?? '')
    .replace(/\s+/g, ' ')
    .replaceAll('`', 'ˋ')
}
