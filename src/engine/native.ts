import koffi from 'koffi'

/*
 * How C libraries are called. The functions are deep (onnxruntime optimising a graph, cuBLASLt choosing an algorithm) and
 * overflow the stack that koffi gives by default; it takes another size only before the first library.
 */
koffi.config({ sync_stack_size: 16 * 2 ** 20, async_stack_size: 16 * 2 ** 20 })

export { koffi }
export type { LibraryHandle } from 'koffi'
