import { createHash } from 'node:crypto'
import type { Step } from '../lower/step.ts'

/** A CUDA function: what it takes and its body, which is C++ in the words of prelude.ts. */
export interface Kernel {
  name: string
  parameters: readonly Parameter[]
  body: string
  /** Threads of a block, and blocks that must fit on a multiprocessor at once; null where the compiler may choose. */
  bounds: { threads: number; blocks: number } | null
  /** Bytes of shared memory of a block, besides what the body declares. */
  shared: number
}

export interface Parameter {
  type: 'float' | 'half' | 'int' | 'word'
  pointer: boolean
  name: string
}

/** What a launch gives for a parameter. */
export type Argument =
  | { kind: 'step'; step: Step }
  | { kind: 'integer'; value: number }
  /** Memory that every launch may use while it runs; counters are zero before and after. */
  | { kind: 'scratch' }
  | { kind: 'counters' }
  /** The number that dropout masks are drawn from, new for each run. */
  | { kind: 'draw' }

export interface KernelLaunch {
  kind: 'kernel'
  kernel: Kernel
  grid: readonly [number, number]
  threads: number
  arguments: readonly Argument[]
  /** Bytes of scratch memory, and counters, that it uses. */
  scratch: number
  counters: number
}

/** One kernel over many pieces of memory: block by block, a table says which piece. */
export interface ManyLaunch {
  kind: 'many'
  kernel: Kernel
  threads: number
  pieces: readonly { blocks: number; arguments: readonly Argument[] }[]
}

/** Names a kernel after its form and its text, so that equal ones are one. */
export function kernelOf(
  form: string,
  parameters: readonly Parameter[],
  body: string,
  bounds: Kernel['bounds'] = null,
  shared = 0,
): Kernel {
  const text = JSON.stringify([parameters, body, bounds])
  const name = `${form}_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
  return { name, parameters, body, bounds, shared }
}
