/**
 * JSON as Python's `json.dumps(…, indent=2, sort_keys=True)` writes it, for the files that transformers writes too: a float
 * is not an integer there (1.0, not 1; 2e-05, not 0.00002), and NaN and Infinity are bare words.
 */
export function pythonJson(value: unknown, { floats }: { floats: (key: string) => boolean }): string {
  const text = JSON.stringify(sorted(value), null, 2)
  // With an indent, every number stands on a line of its own behind its key.
  const withFloats = text.replace(
    /^(\s*"(\w+)": )(-?[\d.]+(?:e[+-]?\d+)?|"-?Infinity"|"NaN")(?=,?$)/gm,
    (line, start: string, key: string, written: string) =>
      floats(key) ? start + (written.startsWith('"') ? written.slice(1, -1) : pythonFloat(Number(written))) : line,
  )
  return withFloats.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** `repr` of a Python float: 1.0, 0.0001, 2e-05, 1e+16. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  const size = Math.abs(value)
  if (value !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  // JavaScript turns to exponents only below 1e-6 and from 1e21 on, so this is plain.
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
