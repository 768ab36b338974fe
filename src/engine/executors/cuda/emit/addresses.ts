/* Where rows begin, as C++, and how much can be loaded there at once. */

/** The most elements, up to `width`, that one load may take where rows begin at multiples of these. */
export function aligned(width: number, offsets: readonly number[]): number {
  let result = width
  while (result > 1 && offsets.some((offset) => offset % result !== 0)) result /= 2
  return result
}

/** Where a row begins, as C on `row`. */
export function rowOffset(shape: readonly number[], strides: readonly number[]): string {
  const axes: { length: number; stride: number }[] = []
  shape.forEach((length, axis) => {
    if (length === 1) return
    const stride = strides[axis] ?? 0
    const outer = axes.at(-1)
    if (outer && outer.stride === stride * length) {
      outer.length *= length
      outer.stride = stride
    } else axes.push({ length, stride })
  })
  const terms: string[] = []
  let rest = 'row'
  for (const [i, { length, stride }] of [...axes.entries()].reverse()) {
    const index = i === 0 ? rest : `${rest} % ${length}`
    if (stride !== 0) terms.push(stride === 1 ? `(${index})` : `(${index}) * ${stride}`)
    rest = `(${rest} / ${length})`
  }
  return terms.length === 0 ? '0' : terms.join(' + ')
}
