import type { Address, Device } from './device.ts'
import { type Form, threadsOf } from '../kernel/form.ts'
import { int, of } from '../kernel/parameters.ts'
import { type Kernel, kernelOf } from '../kernel/kernel.ts'
import { roundUp } from '../plan/memory.ts'
import { BYTES } from '../lower/step.ts'

/** A state in half precision beside itself. */
export function copyKernel(form: Form): { kernel: Kernel; threads: number; blocks: (length: number) => number } {
  const body = ['const int i = blockIdx.x * blockDim.x + threadIdx.x;', 'if (i < length) store(to + i, from[i]);']
  return {
    kernel: kernelOf('to_half', [of('from', 'float'), of('to', 'half'), int('length')], body.join('\n')),
    threads: threadsOf(form),
    blocks: (length) => Math.ceil(length / threadsOf(form)),
  }
}

interface Copied {
  copy: Address | null
  /** Whether the copy says what the state says. */
  isFresh: boolean
}

/** Room for the copies of some states one behind the other; copies that lay alone are given back. */
export function layCopies({
  states,
  lengths,
  device,
  forget,
}: {
  states: readonly Copied[]
  lengths: readonly number[]
  device: Device
  forget: (address: Address) => void
}): void {
  const begins = lengths.map((_, i) => BYTES.half * lengths.slice(0, i).reduce((sum, length) => sum + length, 0))
  const lieSo = (from: Address) => states.every(({ copy }, i) => copy === from + BigInt(begins[i] ?? 0))
  const known = states[0]?.copy ?? null
  if (known !== null && lieSo(known)) return
  for (const { copy } of states) if (copy !== null) forget(copy)
  const all = BYTES.half * lengths.reduce((sum, length) => sum + length, 0)
  const block = device.allocate(roundUp(all + 64))
  states.forEach((state, i) => {
    state.copy = block + BigInt(begins[i] ?? 0)
    state.isFresh = false
  })
}
