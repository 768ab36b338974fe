import { readdirSync } from 'node:fs'
import type { Measured } from './measured.ts'

/*
 * `npm run bench [-- NAME…]`: every `NAME.bench.ts` beside this file, or those that are named. Each exports functions
 * called …Bench, which measure and say what the bar is. Run it on an idle machine: others' work is in the numbers.
 */
const wanted = process.argv.slice(2)
const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.bench.ts'))
let missed = 0
for (const file of files) {
  const name = file.replace('.bench.ts', '')
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const exported = (await import(new URL(file, import.meta.url).href)) as Record<string, unknown>
  for (const bench of Object.values(exported).filter((value) => typeof value === 'function')) {
    if (!bench.name.endsWith('Bench')) continue
    for (const { what, measured, bar, met } of await (bench as () => Promise<Measured[]>)()) {
      console.log(`${met ? '✓' : '✗'} ${what.padEnd(48)} ${measured.padEnd(44)} ${bar}`)
      if (!met) missed++
    }
  }
}
process.exitCode = missed === 0 ? 0 : 1
