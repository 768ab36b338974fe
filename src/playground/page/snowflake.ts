/** Orders ids by age. Ids are whole numbers in decimal and grow with time, so the longer one is the younger one. */
export function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

export function isNewer(id: string, than: string | undefined): boolean {
  return than === undefined || compareIds(id, than) > 0
}
