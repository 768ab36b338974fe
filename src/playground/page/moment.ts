const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** "in 3 minutes", "2 hours ago", "now". Both times in ms. */
export function describeMoment(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000)
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit)
  }
  return seconds === 0 ? 'now' : relative.format(seconds, 'second')
}

const formats: Record<string, Intl.DateTimeFormatOptions> = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
}

/** A time in ms in one of Discord's formats (t T d D f F); an unknown one reads as `f`. */
export function formatMoment(at: number, format: string): string {
  return new Intl.DateTimeFormat('en', formats[format] ?? formats['f']).format(at)
}

const day = (at: number) => new Date(at).toDateString()

export function sameDay(a: number, b: number): boolean {
  return day(a) === day(b)
}

/** How a message's head says when it was sent: "Today at 10:04", "Yesterday at …", "11/24/26, 10:04". */
export function describeSent(at: number, now: number): string {
  if (sameDay(at, now)) return `Today at ${formatMoment(at, 't')}`
  if (sameDay(at, now - 86_400_000)) return `Yesterday at ${formatMoment(at, 't')}`
  return `${formatMoment(at, 'd')}, ${formatMoment(at, 't')}`
}
