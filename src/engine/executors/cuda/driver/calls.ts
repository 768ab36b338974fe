import { koffi, type LibraryHandle } from '../../../native.ts'

/*
 * Functions of C libraries (libcuda.ts, nvrtc.ts, cublaslt.ts), each with its return code checked. Pointers are BigInts; typed
 * arrays are passed as they are.
 */

type Value = bigint | number | string | ArrayBufferView | null
interface Call {
  (...values: Value[]): void
  /** The same in another thread, for what takes long. The caller keeps the arrays that it gives until it is done. */
  inThread: (...values: Value[]) => Promise<void>
}

export const POINTER = 'void *'

/** A function of a library that did not return 0. */
export class CudaError extends Error {
  readonly code: number

  constructor(what: string, code: number, meaning: string) {
    super(`${what} failed with ${code}${meaning === '' ? '' : ` (${meaning})`}`)
    this.code = code
  }
}

/** Functions by our names for them: the library's symbol, and what it takes. All return an int, 0 where all is well. */
type Signatures = Readonly<Record<string, readonly [symbol: string, parameters: readonly string[]]>>
export type Bound<Table extends Signatures> = { [Name in keyof Table]: Call }

export function bind<Table extends Signatures>(
  library: LibraryHandle,
  table: Table,
  meaningOf: (code: number) => string,
): Bound<Table> {
  const bound = Object.entries(table).map(([name, [symbol, parameters]]) => {
    const call = library.func(symbol, 'int', [...parameters])
    const check = (code: number) => {
      if (code !== 0) throw new CudaError(symbol, code, meaningOf(code))
    }
    const checked = (...values: Value[]) => check(call(...values) as number)
    const inThread = async (...values: Value[]) => {
      const code = await new Promise<number>((resolve, reject) => {
        call.async(...values, (error: Error | null, code: number) => (error ? reject(error) : resolve(code)))
      })
      check(code)
    }
    return [name, Object.assign(checked, { inThread }) satisfies Call]
  })
  return Object.fromEntries(bound) as Bound<Table>
}

/** The address of a typed array's bytes, as long as it lives. */
export function addressOf(data: ArrayBufferView): bigint {
  return koffi.address(data)
}

/** Memory of the host that a library gave, as bytes. */
export function bytesAt(address: bigint, length: number): Uint8Array {
  return new Uint8Array(koffi.view(address, length))
}

/** Calls a function that leaves a pointer or a number of up to 64 bits. */
export function ask(call: (to: BigUint64Array) => void): bigint {
  const to = new BigUint64Array(1)
  call(to)
  return to[0] ?? 0n
}

/** The same of a call in another thread. */
export async function askInThread(call: (to: BigUint64Array) => Promise<void>): Promise<bigint> {
  const to = new BigUint64Array(1)
  await call(to)
  return to[0] ?? 0n
}
