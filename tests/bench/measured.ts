/** What was measured, beside what it must be. */
export interface Measured {
  what: string
  measured: string
  bar: string
  met: boolean
}

/** The value that this share of the values is at or below; the smallest for 0. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
