import koffi, { type LibraryHandle } from 'koffi'

/*
 * How C libraries are called. The functions are deep (onnxruntime optimising a graph, cuBLASLt choosing an algorithm) and
 * overflow the stack that koffi gives by default; it takes another size only before the first library.
 */
koffi.config({ sync_stack_size: 16 * 2 ** 20, async_stack_size: 16 * 2 ** 20 })

export { koffi }
export type { LibraryHandle } from 'koffi'

/** Loads a C library from the first of the paths that has it; a bare name asks the loader. Throws when none has. */
export function loadFirst(paths: readonly string[]): LibraryHandle {
  let last: unknown
  for (const path of paths) {
    try {
      return koffi.load(path)
    } catch (error) {
      last = error
    }
  }
  throw last
}
