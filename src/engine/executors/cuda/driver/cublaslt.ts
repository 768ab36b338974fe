import { koffi } from '../../../native.ts'
import { bind, type Bound, POINTER } from './calls.ts'

/* cuBLASLt, which multiplies matrices. */

const CUBLAS_LT = {
  create: ['cublasLtCreate', [POINTER]],
  destroy: ['cublasLtDestroy', [POINTER]],
  describe: ['cublasLtMatmulDescCreate', [POINTER, 'int', 'int']],
  setDescription: ['cublasLtMatmulDescSetAttribute', [POINTER, 'int', POINTER, 'size_t']],
  layout: ['cublasLtMatrixLayoutCreate', [POINTER, 'int', 'uint64_t', 'uint64_t', 'int64_t']],
  setLayout: ['cublasLtMatrixLayoutSetAttribute', [POINTER, 'int', POINTER, 'size_t']],
  preference: ['cublasLtMatmulPreferenceCreate', [POINTER]],
  setPreference: ['cublasLtMatmulPreferenceSetAttribute', [POINTER, 'int', POINTER, 'size_t']],
  heuristic: [
    'cublasLtMatmulAlgoGetHeuristic',
    [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, 'int', POINTER, POINTER],
  ],
  multiply: [
    'cublasLtMatmul',
    [
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      'size_t',
      POINTER,
    ],
  ],
} as const

export type CublasLt = Bound<typeof CUBLAS_LT> & { version: string }

export function loadCublasLt(path: string): CublasLt {
  const library = koffi.load(path)
  const number = library.func('cublasLtGetVersion', 'size_t', [])() as number
  const version = `${Math.floor(number / 10_000)}.${Math.floor(number / 100) % 100}.${number % 100}`
  return { ...bind(library, CUBLAS_LT, () => ''), version }
}
