import { contiguous, count, isContiguous, type Step, type View } from './step.ts'

/** All of a step's result, as it lies. */
export function whole(step: Step): View {
  return { step, shape: step.shape, strides: contiguous(step.shape), offset: 0 }
}

/** The same elements in another shape; null where only a copy can have it. */
export function reshaped(view: View, shape: readonly number[]): View | null {
  if (isContiguous(view)) return { ...view, shape, strides: contiguous(shape) }
  if (view.step.kind === 'literal') return { ...view, shape, strides: shape.map(() => 0) }
  const runs = runsOf(view)
  const strides: number[] = []
  for (const length of [...shape].reverse()) {
    const run = runs.at(-1)
    if (length === 1) strides.unshift(0)
    else if (!run || run.length % length !== 0) return null
    else {
      strides.unshift(run.stride)
      run.length /= length
      run.stride *= length
      if (run.length === 1) runs.pop()
    }
  }
  return { ...view, shape, strides }
}

/** Stretches of axes without gaps between them. Axes of length 1 may come and go whatever their strides are. */
function runsOf({ shape, strides }: View): { length: number; stride: number }[] {
  const runs: { length: number; stride: number }[] = []
  shape.forEach((length, axis) => {
    const stride = strides[axis] ?? 0
    const outer = runs.at(-1)
    if (length === 1) return
    if (outer && outer.stride === stride * length) runs.splice(-1, 1, { length: outer.length * length, stride })
    else runs.push({ length, stride })
  })
  return runs
}

export function permuted(view: View, perm: readonly number[]): View {
  return {
    ...view,
    shape: perm.map((axis) => view.shape[axis] ?? 1),
    strides: perm.map((axis) => view.strides[axis] ?? 0),
  }
}

export function sliced(view: View, begin: readonly number[], size: readonly number[]): View {
  const offset = begin.reduce((sum, at, axis) => sum + at * (view.strides[axis] ?? 0), view.offset)
  return { ...view, shape: size, offset }
}

/** Stretches of a view one after the other along an axis. */
export function splitAlong(view: View, axis: number, sizes: readonly number[]): View[] {
  let at = 0
  return sizes.map((size) => {
    const begin = view.shape.map((_, i) => (i === axis ? at : 0))
    at += size
    return sliced(view, begin, view.shape.with(axis, size))
  })
}

/** The strides of a view that is read in a larger shape: 0 along axes that it lacks. */
export function stridesIn({ shape, strides }: View, larger: readonly number[]): number[] {
  const missing = larger.length - shape.length
  return larger.map((length, axis) => {
    const own = shape[axis - missing]
    return axis < missing || own === undefined || (own === 1 && length !== 1) ? 0 : (strides[axis - missing] ?? 0)
  })
}

/** The stride of several axes taken as one; null where their elements are not evenly spaced. */
export function collapsed(shape: readonly number[], strides: readonly number[]): number | null {
  let stride: number | null = null
  let next = 0
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] ?? 1
    if (length === 1) continue
    const own = strides[axis] ?? 0
    if (stride === null) stride = own
    else if (own !== next) return null
    next = own * length
  }
  return stride ?? 0
}

/** Rows and columns of a view: how many elements there are before and along the last axis. */
export function extent(shape: readonly number[]): { rows: number; columns: number } {
  const columns = shape.at(-1) ?? 1
  return { rows: columns === 0 ? 0 : count(shape) / columns, columns }
}
