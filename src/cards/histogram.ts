const BARS = ' ▁▂▃▄▅▆▇█'
const HEIGHT = 3
/** Characters a bin: block letters are narrow. */
const WIDTH = 2

/** Counts as columns of three lines, above a scale from 0 to `to`. What is there at all is seen. */
export function histogram(counts: readonly number[], { to }: { to: number }): string {
  const most = Math.max(...counts, 1)
  const eighths = counts.map((amount) => (amount === 0 ? 0 : Math.max(1, Math.round((amount / most) * HEIGHT * 8))))
  const lines = Array.from({ length: HEIGHT }, (_, line) => {
    const below = (HEIGHT - 1 - line) * 8
    return eighths
      .map((height) => (BARS[Math.min(8, Math.max(0, height - below))] ?? ' ').repeat(WIDTH))
      .join('')
      .trimEnd()
  })
  const scale = `0${String(to).padStart(counts.length * WIDTH - 1)}`
  return [...lines, scale].join('\n')
}
