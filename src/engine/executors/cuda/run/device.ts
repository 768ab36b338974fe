import type { Form } from '../kernel/form.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Element, Matrices } from '../lower/step.ts'

/** Where something lies on a device. */
export type Address = bigint

/** A launch whose memory is known. */
export type BoundLaunch =
  | {
      kind: 'kernel'
      kernel: Kernel
      grid: readonly [number, number]
      threads: number
      arguments: readonly { value: bigint | number; pointer: boolean }[]
    }
  | {
      kind: 'product'
      matrices: Matrices
      elements: { operands: Element; result: Element }
      a: Address
      b: Address
      c: Address
      bias: Address | null
      /** Does the same without cuBLAS. */
      fallback: BoundLaunch & { kind: 'kernel' }
    }
  | { kind: 'clear'; address: Address; bytes: number }

/** Launches that are run again and again: on a GPU, one CUDA graph. */
export interface Recording {
  close: () => void
}

/**
 * What the executor needs of a device. There are two: a GPU (driver/gpu.ts), and in the tests a C++ compiler that makes
 * functions of the kernels. Work is done in the order in which it is asked for.
 */
export interface Device {
  readonly name: string
  readonly versions: Readonly<Record<string, string>>
  readonly form: Form
  /** Kernels that an earlier process had left, and those that were compiled by this one. */
  counts?: () => { cached: number; compiled: number }
  /** In bytes. */
  memory: () => { free: number; total: number }
  allocate: (bytes: number) => Address
  free: (address: Address) => void
  write: (address: Address, data: ArrayBufferView) => void
  clear: (address: Address, bytes: number) => void
  copy: (from: Address, to: Address, bytes: number) => void
  /** Waits for what was asked before. */
  read: (address: Address, into: ArrayBufferView) => Promise<void>
  /** Makes kernels ready; those that are ready already cost nothing. */
  load: (kernels: readonly Kernel[]) => Promise<void>
  record: (launches: readonly BoundLaunch[]) => Recording
  /** Writes the feeds, runs the recording, and resolves with the results. Returns before it is done. */
  submit: (work: {
    recording: Recording
    feeds: { to: Address; bytes: Uint8Array }
    results: { from: Address; bytes: number }
  }) => Promise<Uint8Array>
  /** Runs launches once. */
  run: (launches: readonly BoundLaunch[]) => void
  close: () => Promise<void>
}
