import type { Program } from '../../../tracer/node.ts'
import type { Run } from '../../executor.ts'
import type { Sizes } from '../../specialise.ts'
import { count } from '../lower/step.ts'
import type { Plan } from '../plan/plan.ts'
import { pad, shapeAt } from './buckets.ts'
import { drawOf } from './draw.ts'

/** All feeds of a run as they lie on the device. */
export function feedBytes(program: Program, plan: Plan, { feeds, dropout, sizes }: Run, bucket: Sizes): Uint8Array {
  const bytes = new Uint8Array(plan.feedBytes + 64)
  for (const { name, kind, value } of program.inputs) {
    if (kind !== 'feed') continue
    const values = feeds[name]
    if (!values) throw new Error(`The program wants a feed \`${name}\``)
    const region = plan.feeds.get(name)
    if (!region) continue
    const length = count(region.shape)
    const into =
      value.dtype === 'float32'
        ? new Float32Array(bytes.buffer, region.offset, length)
        : new Int32Array(bytes.buffer, region.offset, length)
    pad(
      values,
      shapeAt(value.shape, program, sizes),
      shapeAt(value.shape, program, bucket),
      into,
      name === 'words' ? -1 : 0,
    )
  }
  new DataView(bytes.buffer).setUint32(plan.feedBytes, drawOf(dropout), true)
  return bytes
}

/** The results of a run, without what was padded. */
export function resultsOf(program: Program, plan: Plan, bytes: Uint8Array, sizes: Sizes): Record<string, Float32Array> {
  return Object.fromEntries(
    program.outputs.flatMap(({ name, kind, value }) => {
      const region = plan.results.get(name)
      if (kind !== 'feed' || !region) return []
      const real = shapeAt(value.shape, program, sizes)
      if (real.slice(1).join() !== region.shape.slice(1).join())
        throw new Error(`The result \`${name}\` was padded inside`)
      return [[name, new Float32Array(bytes.buffer, bytes.byteOffset + region.offset, count(real)).slice()]]
    }),
  )
}
