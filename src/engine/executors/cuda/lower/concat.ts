import type { NodeOf } from '../../../tracer/node.ts'
import { first } from '../program/users.ts'
import type { Builder } from './builder.ts'
import { count, isContiguous, isWhole, type Input, type Step, type View } from './step.ts'
import type { Values } from './values.ts'
import { whole } from './view.ts'

/*
 * Tensors side by side. Nothing is copied where they lie so already, where states can be laid so, or where what makes them
 * can write there. Everything else that is put together are vectors (homes.ts).
 */

export function concat(
  { inputs, outputs, attributes: { axis } }: NodeOf<'Concat'>,
  { add, beside, inOrder }: Builder,
  { viewOf, elementOf }: Values,
): View {
  const views = inputs.map(viewOf)
  const { shape } = first(outputs)
  const states = views.flatMap((view) => (isState(view) ? [view.step] : []))
  if (axis === 0 && shape.length > 1 && states.length === views.length) return whole(beside(states, shape))
  if (axis === shape.length - 1 && shape.length > 1) {
    const join = add<Step & { kind: 'join' }>({
      kind: 'join',
      inputs: views,
      shape,
      element: elementOf(first(outputs)),
    })
    place(join.step, views)
    return join
  }
  if (count(shape) !== shape[0]) throw new Error('Only vectors are put together')
  const parts = neighbours(views)
  const [one] = parts
  if (one && parts.length === 1) return one
  return add<Step & { kind: 'join' }>({ kind: 'join', inputs: parts.map(inOrder), shape, element: 'float' })
}

function isState(view: View): view is View & { step: Input } {
  return view.step.kind === 'input' && view.step.from === 'state' && isWhole(view)
}

/** Has attention write its results as columns of a tensor, one beside the other. */
function place(join: Step, views: readonly View[]): void {
  const width = join.shape.at(-1) ?? 1
  let offset = 0
  for (const view of views) {
    const { step } = view
    const own = view.shape.at(-1) ?? 1
    const writer = step.kind === 'beside' ? first(step.inputs).step : step
    if (writer.kind !== 'attend' || !isWhole(view) || step.home !== null) {
      throw new Error('Only what attention makes is put side by side')
    }
    // What lies beside a result has the same strides.
    if (writer === step) writer.strides = writer.strides.map((each) => (each < own ? each : (each / own) * width))
    step.home = { kind: 'inside', step: join, offset }
    offset += own
  }
}

/** Vectors that lie one behind the other in memory, as one. */
function neighbours(views: readonly View[]): View[] {
  const parts: View[] = []
  for (const view of views) {
    const last = parts.at(-1)
    if (last?.step === view.step && isContiguous(view) && last.offset + count(last.shape) === view.offset) {
      parts.splice(-1, 1, { ...last, shape: [count(last.shape) + count(view.shape)] })
    } else parts.push(view)
  }
  return parts
}
