import type { Measured } from '../run/events.ts'

/** A loss as the model card writes it: 0.1034; words such as NaN stay words. */
export function loss(value: Measured): string {
  return typeof value === 'number' ? value.toFixed(4) : value
}

/** An accuracy or a score: 0.978. */
export function score(value: number): string {
  return value.toFixed(3)
}

/** A norm, a rate or anything whose size is not known: three digits that matter. */
export function short(value: Measured): string {
  if (typeof value !== 'number') return value
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) {
    return value
      .toExponential(2)
      .replace(/\.?0*e([+-])(\d)$/, 'e$10$2')
      .replace(/\.?0+e/, 'e')
  }
  return String(Number(value.toPrecision(3)))
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** `1 row`, `2000 rows`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

/** `0.3 kB`, `12 MB`, `1.2 GB`: as the Hub shows sizes. */
export function megabytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? 'B'}`
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

/**
 * Half the width of Wilson's 95 % interval of a share seen in `n` rows. Unlike the normal one it is honest near 0 and 1.
 * Source: E. B. Wilson 1927, "Probable inference, the law of succession, and statistical inference".
 */
export function halfWidth95(share: number, n: number): number {
  const z = 1.959964
  return (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
}
