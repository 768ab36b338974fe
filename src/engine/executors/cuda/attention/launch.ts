import type { Form } from '../kernel/form.ts'
import { kernelOf, type KernelLaunch } from '../kernel/kernel.ts'
import type { Attend, View } from '../lower/step.ts'
import { forward } from './forward.ts'
import { givenTo } from './given.ts'
import { KEYS } from './keys.ts'
import { END_OF_WORDS, WORDS } from './products.ts'
import { query } from './query.ts'
import { SHAPES, STAGES, THREADS, TILE } from './shape.ts'
import { END, literal, start } from './tiles.ts'

/*
 * Attention without scores in memory, three kernels of one shape: a block takes 64 rows of one head, a warp 16 of them, and
 * goes through the others a tile of 64 at a time. The forward kernel keeps a running maximum and sum of each row; the
 * backward ones make the weights again from the norm that it left, log₂ of the sum of 2^score. Scores are multiplied by
 * log₂ e where they become exponents, so that those are of 2.
 */

/** The launch of an attention, forward or of one of its gradients. */
export function attendKernel({ step, form }: { step: Attend; form: Form }): KernelLaunch {
  const { part, scale, up, dropout, beside } = step
  const [q, k] = step.inputs as [View, View]
  const [batch = 1, heads = 1, queries = 1, size = 1] = q.shape
  const tokens = k.shape[2] ?? 1
  const [rows, others] = part === 'keys' ? [tokens, queries] : [queries, tokens]
  // Rows of 48 numbers are none that the matrix units of a warpgroup find.
  const tiles = form.tiles === 'warpgroup' && size !== 48 ? 'warpgroup' : 'warp'
  const { near, blocks } = SHAPES[tiles][part]
  // A power of two, so that few lengths need kernels of their own.
  const columns = Math.max(512, 2 ** Math.ceil(Math.log2(others)))
  // A warpgroup reads its own rows from tiles too; a warp has them in registers.
  const ownTiles = tiles === 'warp' ? 0 : part === 'forward' ? 1 : 2
  const given = givenTo(step)

  const constants = [
    `constexpr int OWN_TILES = ${ownTiles}, SIZE = ${size}, PARTS = SIZE / 16, NEAR = ${near}, TILE = ${TILE}, COLUMNS = ${columns};`,
    `const float toScores = ${literal(scale * Math.LOG2E)}, scale = ${literal(scale)}, up = ${literal(up)};`,
    `#define IS_KEPT(row, column) ${dropout ? `isKeptBy(row, column, ${Math.round((dropout.rate - 0.5) * 2 ** 32)})` : 'true'}`,
    ...(dropout ? ['const unsigned rowsKey = keyOf(*draw, 2 * place), columnsKey = keyOf(*draw, 2 * place + 1);'] : []),
    `#define ROW_DRAW(row) ${dropout ? 'drawOf(rowsKey, blockIdx.y * queries + (row))' : '0u'}`,
    `#define COLUMN_DRAW(column) ${dropout ? 'drawOf(columnsKey, column)' : '0u'}`,
    ...given.strides,
  ]
  const body = { forward: forward(beside !== null), query: query(beside !== null), keys: KEYS }[part]
  const text = [...constants, WORDS[tiles], start(scale), body, END, END_OF_WORDS].join('\n')
  const line = tiles === 'warp' ? size + 8 : size
  const inTiles = (2 * STAGES + ownTiles) * TILE * line * 2
  // Of each column: its bias and draw, or its norm, shift and draw.
  const ofColumns = (part === 'keys' ? 3 : 2) * columns * 4
  return {
    kind: 'kernel',
    kernel: kernelOf(`attend_${part}`, given.parameters, text, { threads: THREADS, blocks }, inTiles + ofColumns),
    grid: [Math.ceil(rows / TILE), batch * heads],
    threads: THREADS,
    arguments: given.arguments,
    scratch: 0,
    counters: 0,
  }
}
