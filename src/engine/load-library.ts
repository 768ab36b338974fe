import koffi, { type LibraryHandle } from 'koffi'

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
