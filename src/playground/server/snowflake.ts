const DISCORD_EPOCH_MS = 1_420_070_400_000n

/**
 * Ids as Discord makes them: milliseconds since 2015 in the upper bits, a counter in the lower 22.
 * Rising always, also within a millisecond and when the clock stands still. 19 digits, which discord.js' routes need.
 */
export function createSnowflakes(now: () => number): () => string {
  let last = 0n
  return () => {
    const fresh = (BigInt(Math.floor(now())) - DISCORD_EPOCH_MS) << 22n
    last = fresh > last ? fresh : last + 1n
    return String(last)
  }
}
