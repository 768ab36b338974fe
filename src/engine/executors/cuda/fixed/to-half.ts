import { type Form, threadsOf } from '../kernel/form.ts'
import { type Kernel, kernelOf } from '../kernel/kernel.ts'
import { int, of } from '../kernel/parameters.ts'

/** A state in half precision beside itself, for states that no kernel of the program wrote: after `put` and `clear`. */
export function copyKernel(form: Form): { kernel: Kernel; threads: number; blocks: (length: number) => number } {
  const body = ['const int i = blockIdx.x * blockDim.x + threadIdx.x;', 'if (i < length) store(to + i, from[i]);']
  return {
    kernel: kernelOf('to_half', [of('from', 'float'), of('to', 'half'), int('length')], body.join('\n')),
    threads: threadsOf(form),
    blocks: (length) => Math.ceil(length / threadsOf(form)),
  }
}
