import { first } from '../program/users.ts'
import {
  type Common,
  contiguous,
  type Element,
  type Input,
  isContiguous,
  isFusible,
  type Step,
  type View,
} from './step.ts'
import { reshaped, whole } from './view.ts'

/** Makes steps, each once: whoever asks for an equal one gets the first. */
export type Builder = ReturnType<typeof stepBuilder>

export function stepBuilder() {
  const steps: Step[] = []
  const known = new Map<string, Step>()

  /** Adds a step, or gives the one that does the same. */
  const add = <Kind extends Step>(step: Omit<Kind, 'id' | 'home'> & { kind: Kind['kind'] }): View => {
    const { inputs, ...rest } = step as Omit<Common, 'id' | 'home'>
    const key = JSON.stringify([rest, inputs.map(({ step, ...view }) => [step.id, view])])
    let found = known.get(key)
    if (!found) {
      found = { ...step, id: steps.length, home: null } as unknown as Step
      steps.push(found)
      known.set(key, found)
    }
    return whole(found)
  }
  const point = (code: string, inputs: View[], shape: readonly number[], element: Element) =>
    add<Step & { kind: 'point' }>({ kind: 'point', code, inputs, shape, element })
  const copy = (view: View, element = view.step.element) => point('$0', [view], view.shape, element)
  /** What a kernel must find in memory: a number that the program wrote down is put there. */
  const inMemory = (view: View): View => (view.step.kind === 'literal' ? copy(view, 'int') : view)
  const literal = (value: number, shape: readonly number[] = []): View => {
    const { step } = add<Step & { kind: 'literal' }>({
      kind: 'literal',
      value,
      inputs: [],
      shape: [],
      element: 'float',
    })
    return { step, shape, strides: shape.map(() => 0), offset: 0 }
  }
  const reshape = (view: View, shape: readonly number[]): View =>
    reshaped(view, shape) ?? { ...copy(view), shape, strides: contiguous(shape) }
  /** A view that a kernel of fixed form can read: in order. */
  const inOrder = (view: View): View => (isContiguous(view) ? inMemory(view) : copy(view))
  /** A step of its own over the memory of a view. */
  const after = (view: View, others: readonly View[]): View => {
    const lying = inOrder(view)
    const { step, shape, offset } = lying
    const made = add<Step & { kind: 'after' }>({
      kind: 'after',
      inputs: [lying, ...others],
      shape,
      element: step.element,
    })
    made.step.home = { kind: 'inside', step, offset }
    return made
  }
  const along = (kind: 'rowSum' | 'rowMax', view: View): View =>
    add<Step & { kind: 'rowSum' | 'rowMax' }>({
      kind,
      inputs: [view],
      shape: [...view.shape.slice(0, -1), 1],
      element: 'float',
    })

  const input = (name: string, from: Input['from'], shape: readonly number[], element: Element) =>
    add<Input>({ kind: 'input', name, from, shape, inputs: [], element, parts: [] })
  /** Inputs that the executor is to lay one behind the other, as one. */
  const beside = (parts: readonly Input[], shape: readonly number[]): Input => {
    const { name, from, element } = first(parts)
    return add<Input>({ kind: 'input', name, from, shape, inputs: [], element, parts }).step as Input
  }

  /** An operand of a product in the precision of the product. */
  const inHalf = (view: View): View => {
    const { step } = view
    if (step.element === 'half') return view
    if (step.kind === 'input' && step.from === 'state') {
      const copyOf = ({ name, shape }: Input) => input(name, 'copy', shape, 'half').step as Input
      const { parts } = step
      return { ...view, step: parts.length === 0 ? copyOf(step) : beside(parts.map(copyOf), step.shape) }
    }
    // All of the step, so that the kernel that makes it writes the copy too.
    return isFusible(step) ? { ...view, step: copy(whole(step), 'half').step } : copy(view, 'half')
  }

  return { steps, add, after, point, copy, inMemory, literal, reshape, inOrder, along, input, beside, inHalf }
}
