import { describe, expect, it } from 'vitest'
import { attentionAlone, partOf, plainly, type Results, type Sizes } from './attention-alone.ts'
import { compiledDevice, compilerMissing } from './compiled.ts'
import { productsAlone } from './products-alone.ts'

const missing = await compilerMissing()

/** Several tiles and less than one, masked tokens, one head and several. */
const SHAPES: (Sizes & { half: 'bf16' | 'f16' })[] = [
  { batch: 2, heads: 1, tokens: 160, size: 64, rate: 0.1, masked: 40, half: 'bf16' },
  { batch: 1, heads: 2, tokens: 96, size: 64, rate: 0, masked: 0, half: 'f16' },
  { batch: 1, heads: 2, tokens: 72, size: 32, rate: 0.3, masked: 3, half: 'bf16' },
  { batch: 1, heads: 1, tokens: 96, size: 16, rate: 0.1, masked: 40, half: 'f16' },
  { batch: 1, heads: 1, tokens: 40, size: 48, rate: 0.1, masked: 0, half: 'bf16' },
]

describe.skipIf(missing !== null).each(['warp', 'warpgroup'] as const)('attention by the products of a %s', (tiles) => {
  it.each(['bf16', 'f16'] as const)('finds each number of a tile where it lies, in %s', async (half) => {
    const device = compiledDevice({ lanes: 32, half, tiles })
    for (const { size, near, ...wrong } of await productsAlone(device, half)) {
      expect(wrong, `heads of ${size}, ${near} tiles`).toEqual({ scores: 0, gathered: 0, such: [] })
    }
    await device.close()
  })

  it.each(SHAPES)('is what plain loops make: $tokens tokens, heads of $size, $half', async ({ half, ...sizes }) => {
    const device = compiledDevice({ lanes: 32, half, tiles })
    const { launches, results } = await attentionAlone({ device, sizes, half })
    device.run([launches.forward, launches.query, launches.keys])
    const got = await results()
    for (let batch = 0; batch < sizes.batch; batch++) {
      for (let head = 0; head < sizes.heads; head++) {
        const wanted = plainly(sizes, batch, head)
        for (const name of Object.keys(wanted) as (keyof Results)[]) {
          const apart = distance(partOf(got[name], sizes, batch, head), wanted[name])
          expect(apart, `${name} ${batch} ${head}`).toBeLessThan(half === 'bf16' ? 6e-3 : 1e-3)
        }
      }
    }
    await device.close()
  })

  it('makes numbers of a row without any token', async () => {
    const sizes = { batch: 1, heads: 1, tokens: 80, size: 16, rate: 0.1, masked: 80 }
    const device = compiledDevice({ lanes: 32, tiles })
    const { launches, results } = await attentionAlone({ device, sizes, half: 'bf16' })
    device.run([launches.forward, launches.query, launches.keys])
    for (const [name, numbers] of Object.entries(await results())) {
      expect(numbers.every(Number.isFinite), name).toBe(true)
    }
    await device.close()
  })
})

/** How long the difference is, in parts of the second. */
function distance(one: Float32Array, other: Float32Array): number {
  const length = (of: (i: number) => number) => Math.hypot(...Array.from(other, (_, i) => of(i)))
  return length((i) => (one[i] ?? NaN) - (other[i] ?? NaN)) / length((i) => other[i] ?? NaN)
}
