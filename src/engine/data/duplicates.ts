/** How many evaluation rows have a text that a training row has too: the score of those says what was learned by heart. */
export function countDuplicates(train: Iterable<number>, evaluated: Iterable<number>): number {
  const seen = new Set(train)
  let count = 0
  for (const fingerprint of evaluated) if (seen.has(fingerprint)) count++
  return count
}
