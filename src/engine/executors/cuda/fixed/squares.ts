import { type Form, threadsOf } from '../kernel/form.ts'
import { kernelOf, type ManyLaunch, type Parameter } from '../kernel/kernel.ts'
import { integer, of, step } from '../kernel/parameters.ts'
import { count, type Step, type View } from '../lower/step.ts'

/** Elements whose squares one block sums. */
const SQUARES_BLOCK = 16_384

/** The sums of squares of many tensors: each block leaves one, then a warp a tensor adds up its blocks'. */
export function sumsOfSquares({ squares, form }: { squares: readonly Step[]; form: Form }): {
  launches: ManyLaunch[]
  scratch: number
} {
  const table: Parameter[] = [of('pieceOf', 'int'), of('table', 'word')]
  const find = (width: number) => `const word_t* piece = table + (size_t)pieceOf[blockIdx.x] * ${width};`
  const block = kernelOf(
    'squares',
    table,
    [
      find(5),
      'const float* values = (const float*)piece[1]; const int offset = (int)piece[3], length = (int)piece[4];',
      `const int from = (blockIdx.x - (int)piece[0]) * ${SQUARES_BLOCK}, to = from + ${SQUARES_BLOCK} < length ? from + ${SQUARES_BLOCK} : length;`,
      'float sum = 0.f;',
      // Four at once where they lie so.
      'values += offset;',
      'int i = from + 4 * (int)threadIdx.x;',
      'if (offset % 4 == 0) BY_FOUR for (; i + 3 < to; i += 4 * blockDim.x) { float four[4]; loadWide<4>(values + i, four); sum += four[0] * four[0] + four[1] * four[1] + four[2] * four[2] + four[3] * four[3]; }',
      'for (; i < to; i += 4 * blockDim.x) for (int j = i; j < i + 4 && j < to; j++) sum += values[j] * values[j];',
      `sum = sumOfLanes<${threadsOf(form)}>(sum);`,
      'if (threadIdx.x == 0) ((float*)piece[2])[blockIdx.x] = sum;',
    ].join('\n'),
  )
  const total = kernelOf(
    'squares_total',
    table,
    [
      find(5),
      'const float* sums = (const float*)piece[1]; const int from = (int)piece[3], blocks = (int)piece[4];',
      'float sum = 0.f;',
      'for (int i = threadIdx.x; i < blocks; i += blockDim.x) sum += sums[from + i];',
      `sum = sumOfLanes<${form.lanes}>(sum);`,
      'if (threadIdx.x == 0) *(float*)piece[2] = sum;',
    ].join('\n'),
  )
  let from = 0
  const tensors = squares.map((square) => {
    const view = square.inputs[0] as View
    const length = count(view.shape)
    const blocks = Math.ceil(length / SQUARES_BLOCK)
    const begin = from
    from += blocks
    return { square, view, length, blocks, begin }
  })
  const scratch = { kind: 'scratch' } as const
  return {
    scratch: from * 4,
    launches: [
      {
        kind: 'many',
        kernel: block,
        threads: threadsOf(form),
        pieces: tensors.map(({ view, length, blocks }) => ({
          blocks,
          arguments: [step(view.step), scratch, integer(view.offset), integer(length)],
        })),
      },
      {
        kind: 'many',
        kernel: total,
        threads: form.lanes,
        pieces: tensors.map(({ square, blocks, begin }) => ({
          blocks: 1,
          arguments: [scratch, step(square), integer(begin), integer(blocks)],
        })),
      },
    ],
  }
}
