import { koffi, type LibraryHandle } from '../../../native.ts'
import { bind, type Bound, POINTER } from './calls.ts'

/* NVRTC, the compiler of CUDA C++. */

const NVRTC = {
  version: ['nvrtcVersion', [POINTER, POINTER]],
  create: ['nvrtcCreateProgram', [POINTER, 'str', 'str', 'int', POINTER, POINTER]],
  destroy: ['nvrtcDestroyProgram', [POINTER]],
  logSize: ['nvrtcGetProgramLogSize', [POINTER, POINTER]],
  log: ['nvrtcGetProgramLog', [POINTER, POINTER]],
  cubinSize: ['nvrtcGetCUBINSize', [POINTER, POINTER]],
  cubin: ['nvrtcGetCUBIN', [POINTER, POINTER]],
} as const

export type Nvrtc = Bound<typeof NVRTC> & {
  /** On another thread. Resolves with the return code. */
  compile: (program: bigint, options: readonly string[]) => Promise<number>
}

/** Libraries that another one opens by name: as long as they are referred to, they stay loaded. */
const kept: LibraryHandle[] = []

export function loadNvrtc({ nvrtc, builtins }: { nvrtc: string; builtins: string | null }): Nvrtc {
  if (builtins !== null) kept.push(koffi.load(builtins))
  const library = koffi.load(nvrtc)
  const compile = library.func('nvrtcCompileProgram', 'int', [POINTER, 'int', POINTER])
  return {
    ...bind(library, NVRTC, () => ''),
    compile: (program, options) => {
      const texts = options.map((option) => Buffer.from(`${option}\0`))
      const pointers = BigUint64Array.from(texts, (text) => koffi.address(text))
      return new Promise((resolve, reject) => {
        compile.async(program, options.length, pointers, (error: Error | null, code: number) => {
          // Referred to here, the texts outlive the call.
          if (error) reject(error)
          else resolve(texts.length === options.length ? code : -1)
        })
      })
    },
  }
}
