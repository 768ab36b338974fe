import type { Program } from '../tracer/node.ts'
import type { Weight } from '../safetensors.ts'

/** Numbers for the feeds of a program, by name. */
export type Feeds = Readonly<Record<string, Float32Array | Int32Array>>

/** What one run of a program is given. */
export interface Run {
  feeds: Feeds
  /** How long the axes are that the program left open. */
  sizes: Readonly<Record<string, number>>
  /** Dropout draws the same masks for the same seed and step. */
  dropout: { seed: number; step: number }
}

/**
 * A program ready to run. Resolves with its outputs; states are written in place. Calls may overlap, of one program and
 * of several: they are carried out one after the other, in the order of the calls.
 */
export type Compiled = ((run: Run) => Promise<Readonly<Record<string, Float32Array>>>) & {
  /**
   * Takes the memory of the largest run to come, on executors that plan it. Throws RunFailure with what is needed, what
   * is free and what would fit, so that a run does not end hours later at its longest batch. `checkpointed` is asked for
   * then: the same program with gradient checkpointing, where it is without.
   */
  reserve?: (sizes: Run['sizes'], checkpointed?: () => Promise<Program>) => Promise<void>
}

/** What runs programs. It keeps the states; everything else comes and goes with each run. */
export interface Executor {
  readonly name: string
  /** Where it runs, for people. */
  readonly device: string
  readonly versions: Readonly<Record<string, string>>
  /** Of the device that it runs on, where that has memory of its own */
  readonly memoryBytes?: number
  /** Kernels so far, where some are kept from run to run: those that were there, and those that had to be compiled */
  readonly kernels?: () => { cached: number; compiled: number }
  /**
   * How many updates may be asked for before the first is done, so that a device never waits for its host. Left out: one
   * after the other, as befits an executor that computes on the cores that would prepare the next.
   */
  readonly ahead?: number
  /** Whether numbers have so small a range that losses are scaled up, and updates that overflow left out. */
  readonly scalesLoss?: boolean
  /** Whether `put` copies. Where it does not, training overwrites the arrays that were put. */
  readonly copies?: boolean
  /** Puts tensors where programs find them. Those of the same name are replaced. */
  put: (states: ReadonlyMap<string, Weight>) => void
  /** As `put` with zeros, where a device can make them itself. */
  clear?: (name: string, shape: readonly number[]) => void
  /**
   * States by name: waits for the device, and copies where it has memory of its own: into arrays of `into`, where there are
   * some of that name and size.
   */
  read: (names: readonly string[], into?: ReadonlyMap<string, Weight>) => Promise<Map<string, Weight>>
  compile: (program: Program) => Promise<Compiled>
  /** Makes ready what a program like this will probably need, while there is time; changes nothing else. */
  foresee?: (program: Program, sizes: Run['sizes']) => Promise<void>
  close: () => Promise<void>
}

/** Why an executor is not used, or null. */
export interface Unavailable {
  name: string
  why: string
}
