import { count, type Matrices, type Operand, type View } from './step.ts'
import { collapsed, stridesIn } from './view.ts'

/**
 * A product of views [...batches, rows, columns] as one strided batch of matrices, which is what cuBLAS multiplies; null
 * where the views are not spaced so evenly. `c` says where the result lies.
 */
export function matricesOf(
  [a, b]: readonly [View, View],
  c: { shape: readonly number[]; strides: readonly number[] },
): Omit<Matrices, 'scale'> | null {
  const batches = c.shape.slice(0, -2)
  const [m = 1, n = 1] = c.shape.slice(-2)
  const k = a.shape.at(-1) ?? 1
  const isAlone = count(b.shape.slice(0, -2)) === 1 && count(batches) > 1
  if (isAlone) {
    // One matrix for every batch: the batches are more rows.
    const rows = a.shape.slice(0, -1)
    const into = collapsed(rows, c.strides.slice(0, -1))
    const from = collapsed(rows, a.strides.slice(0, -1))
    if (count(rows) === count(batches) * m && from !== null && into !== null) {
      const left = oriented(count(rows), k, from, a.strides.at(-1) ?? 1)
      const right = orientedView(b)
      if (left && right) {
        return {
          m: count(rows),
          n,
          k,
          count: 1,
          a: { ...left, stride: 0 },
          b: { ...right, stride: 0 },
          c: { ld: count(rows) === 1 ? n : into, stride: 0 },
        }
      }
    }
  }
  const strideOf = ({ shape, strides, ...view }: View): number | null =>
    collapsed(batches, stridesIn({ ...view, shape: shape.slice(0, -2), strides: strides.slice(0, -2) }, batches))
  const left = orientedView(a)
  const right = orientedView(b)
  const strideA = strideOf(a)
  const strideB = strideOf(b)
  const strideC = collapsed(batches, c.strides.slice(0, -2))
  if (!left || !right || strideA === null || strideB === null || strideC === null) return null
  return {
    m,
    n,
    k,
    count: count(batches),
    a: { ...left, stride: strideA },
    b: { ...right, stride: strideB },
    c: { ld: m === 1 ? n : (c.strides.at(-2) ?? n), stride: strideC },
  }
}

function orientedView({ shape, strides }: View): Omit<Operand, 'stride'> | null {
  return oriented(shape.at(-2) ?? 1, shape.at(-1) ?? 1, strides.at(-2) ?? 1, strides.at(-1) ?? 1)
}

/** How a matrix lies, by the strides of its rows and columns. */
function oriented(
  rows: number,
  columns: number,
  rowStride: number,
  columnStride: number,
): Omit<Operand, 'stride'> | null {
  if (columnStride === 1 || columns === 1) return { transposed: false, ld: rows === 1 ? columns : rowStride }
  if (rowStride === 1 || rows === 1) return { transposed: true, ld: columns === 1 ? rows : columnStride }
  return null
}
