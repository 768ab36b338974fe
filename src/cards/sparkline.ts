import type { Measured } from '../run/events.ts'

const BARS = '▁▂▃▄▅▆▇█'

/** A row of numbers as bars, at most `width` wide: each bar is the mean of its share. What is not finite is `×`. */
export function sparkline(values: readonly Measured[], width = 16): string {
  const groups = Array.from(
    { length: Math.min(width, values.length) },
    (_, index, of = Math.min(width, values.length)) =>
      values.slice(Math.floor((index * values.length) / of), Math.floor(((index + 1) * values.length) / of)),
  )
  const means = groups.map((group) =>
    group.every((value) => typeof value === 'number')
      ? group.reduce((sum, value) => sum + value, 0) / group.length
      : null,
  )
  const finite = means.filter((mean) => mean !== null)
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low
  return means
    .map((mean) => {
      if (mean === null) return '×'
      return BARS[span === 0 ? 0 : Math.round(((mean - low) / span) * (BARS.length - 1))]
    })
    .join('')
}

/** How far something has come: `██████░░░░`. */
export function bar(share: number, width = 12): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
