import type { Kernel } from '../kernel/kernel.ts'
import { ask } from './calls.ts'
import type { Compiler } from './compile.ts'
import { guarded } from './failure.ts'
import type { Driver } from './libcuda.ts'

/** Kernels that are compiled at once. */
const COMPILERS = 8
/** The attribute of a function that lets its blocks have more shared memory than 48 KiB. */
const MOST_SHARED = 8

/** The kernels that are on the card, by name. */
export function loadedFunctions({ driver, compiler }: { driver: Driver; compiler: Compiler }) {
  const functions = new Map<string, bigint>()
  return {
    handleOf: ({ name }: Kernel): bigint => {
      const handle = functions.get(name)
      if (handle === undefined) throw new Error(`${name} was not loaded`)
      return handle
    },
    load: async (kernels: readonly Kernel[]) => {
      const fresh = kernels.filter(({ name }) => !functions.has(name))
      const codes = new Map<string, Uint8Array>()
      const left = fresh.values()
      const compileSome = async () => {
        for (const kernel of left) codes.set(kernel.name, await compiler.compile(kernel))
      }
      await Promise.all(Array.from({ length: COMPILERS }, compileSome))
      fresh.forEach(({ name, shared }) => {
        const code = codes.get(name)
        if (!code) return
        guarded(() => {
          const module = ask((to) => driver.loadModule(to, code))
          const handle = ask((to) => driver.functionOf(to, module, name))
          if (shared > 0) driver.setOfFunction(handle, MOST_SHARED, shared)
          functions.set(name, handle)
        })
      })
    },
  }
}
