/** A path as one word of a POSIX shell, so that a command that names it can be copied. */
export function shellWord(path: string): string {
  return /^[\w./+@%:,=-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
