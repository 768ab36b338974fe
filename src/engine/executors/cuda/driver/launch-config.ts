import { addressOf } from './calls.ts'

/** The attribute that lets a kernel begin in the end of the one before it. */
const EARLY = 6
/** How long both structures are, in words of eight bytes. */
const CONFIG = 7
const ATTRIBUTE_WORDS = 9

/** CUlaunchConfig of the driver, and behind it the one CUlaunchAttribute that it may have. */
export function launchConfig({
  grid,
  threads,
  shared,
  stream,
  early,
}: {
  grid: readonly [number, number]
  threads: number
  /** Bytes of shared memory of a block that its function does not declare. */
  shared: number
  stream: bigint
  early: boolean
}): BigUint64Array {
  const config = new BigUint64Array(CONFIG + ATTRIBUTE_WORDS)
  const halves = new Uint32Array(config.buffer)
  halves.set([grid[0], grid[1], 1, threads, 1, 1, shared])
  config[4] = stream
  config[5] = addressOf(config) + BigInt(8 * CONFIG)
  halves[12] = Number(early)
  halves[2 * CONFIG] = EARLY
  halves[2 * CONFIG + 2] = 1
  return config
}
