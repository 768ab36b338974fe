import prettyMilliseconds from 'pretty-ms'

/** `1 min 9 s`, `2 h 5 min`, `0.4 s`. Negative and tiny spans are 0 s. */
export function duration(seconds: number): string {
  const ms = Math.max(0, seconds * 1000)
  if (ms === 0) return '0 s'
  if (ms < 1000) return `${(ms / 1000).toFixed(1)} s`
  return prettyMilliseconds(Math.round(ms / 1000) * 1000, { unitCount: 2 }).replace(
    /(\d)([a-z]+)/g,
    (_, digit: string, unit: string) => `${digit} ${unit === 'm' ? 'min' : unit}`,
  )
}

/** Seconds from one moment of the record to another. */
export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000
}

/** A moment in the reader's own time and language: "24 November 2026 12:10". */
export function moment(at: string): string {
  return `<t:${Math.floor(Date.parse(at) / 1000)}:f>`
}

/** A moment that ticks on the reader's screen: "3 minutes ago". */
export function ago(at: string): string {
  return `<t:${Math.floor(Date.parse(at) / 1000)}:R>`
}
