import type { HalfType } from '../kernel/words/half.ts'
import type { Element } from '../lower/step.ts'
import type { BoundLaunch } from '../run/device.ts'
import { ask, CudaError } from './calls.ts'
import type { CublasLt } from './cublaslt.ts'

type BoundProduct = BoundLaunch & { kind: 'product' }

/** cuBLASLt's numbers for its types, attributes and kinds of arithmetic (cublasLt.h, library_types.h). */
const TYPE = { float: 0, f16: 2, int: 10, bf16: 14 }
const FLOAT = TYPE.float
const COMPUTE = { exact: 68, tf32: 77 }
const DESCRIPTION = { transposeA: 3, transposeB: 4, epilogue: 7, bias: 8 }
const LAYOUT = { count: 5, stride: 6 }
const PREFERENCE = { workspace: 1 }
const ADD_BIAS = 4
/** Bytes of cublasLtMatmulHeuristicResult_t and of the algorithm at its beginning. */
const RESULT = 96
const ALGORITHM = 64

export const WORKSPACE = 32 * 2 ** 20

/** Chooses an algorithm for each shape of product once, and multiplies with it. */
export function multiplier({ lt, tf32, half }: { lt: CublasLt; tf32: boolean; half: HalfType }) {
  const typeOf = (element: Element) => (element === 'half' ? TYPE[half] : TYPE[element])
  const handle = ask((to) => lt.create(to))
  const preference = ask((to) => lt.preference(to))
  lt.setPreference(preference, PREFERENCE.workspace, BigUint64Array.of(BigInt(WORKSPACE)), 8)
  const algorithms = new Map<string, Uint8Array | null>()

  /** A product ready to run; null where cuBLASLt has no algorithm for it. */
  const prepare = (product: BoundProduct): ((workspace: bigint, stream: bigint) => void) | null => {
    const { matrices, elements, bias } = product
    const { m, n, k, count, scale, a, b, c } = matrices
    // cuBLAS counts columns first: what lies there row by row is its transpose, and c = a b is cᵀ = bᵀ aᵀ.
    const compute = elements.operands === 'float' && tf32 ? COMPUTE.tf32 : COMPUTE.exact
    const description = ask((to) => lt.describe(to, compute, FLOAT))
    lt.setDescription(description, DESCRIPTION.transposeA, Int32Array.of(Number(b.transposed)), 4)
    lt.setDescription(description, DESCRIPTION.transposeB, Int32Array.of(Number(a.transposed)), 4)
    if (bias !== null) {
      lt.setDescription(description, DESCRIPTION.epilogue, Int32Array.of(ADD_BIAS), 4)
      lt.setDescription(description, DESCRIPTION.bias, BigUint64Array.of(bias), 8)
    }
    const layout = (element: Element, rows: number, columns: number, ld: number, stride: number): bigint => {
      const made = ask((to) => lt.layout(to, typeOf(element), rows, columns, ld))
      if (count > 1) {
        lt.setLayout(made, LAYOUT.count, Int32Array.of(count), 4)
        lt.setLayout(made, LAYOUT.stride, BigInt64Array.of(BigInt(stride)), 8)
      }
      return made
    }
    const left = layout(elements.operands, b.transposed ? k : n, b.transposed ? n : k, b.ld, b.stride)
    const right = layout(elements.operands, a.transposed ? m : k, a.transposed ? k : m, a.ld, a.stride)
    const result = layout(elements.result, n, m, c.ld, c.stride)

    const key = JSON.stringify([matrices, elements, bias !== null])
    let algorithm = algorithms.get(key)
    if (algorithm === undefined) {
      const found = Int32Array.of(0)
      const results = new Uint8Array(RESULT)
      try {
        lt.heuristic(handle, description, left, right, result, result, preference, 1, results, found)
      } catch (error) {
        if (!(error instanceof CudaError)) throw error
      }
      algorithm = found[0] === 1 ? results.slice(0, ALGORITHM) : null
      algorithms.set(key, algorithm)
    }
    if (algorithm === null) return null
    const chosen = algorithm
    const alpha = Float32Array.of(scale)
    const beta = Float32Array.of(0)
    return (workspace, stream) =>
      lt.multiply(
        handle,
        description,
        alpha,
        product.b,
        left,
        product.a,
        right,
        beta,
        product.c,
        result,
        product.c,
        result,
        chosen,
        workspace,
        WORKSPACE,
        stream,
      )
  }
  return { prepare, close: () => lt.destroy(handle) }
}
