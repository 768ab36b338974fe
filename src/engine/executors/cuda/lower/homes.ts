import type { Program, Value } from '../../../tracer/node.ts'
import { count, type Element, isWhole, type Step, type View } from './step.ts'
import { whole } from './view.ts'

/** Results and states must lie where the executor looks for them, the parts of a join inside of it. */
export function giveHomes({
  program,
  steps,
  viewOf,
  copy,
}: {
  program: Program
  steps: readonly Step[]
  viewOf: (value: Value) => View
  copy: (view: View, element?: Element) => View
}): void {
  const read = new Set(
    steps.filter(({ kind }) => kind === 'product').flatMap(({ inputs }) => inputs.map((v) => v.step)),
  )
  const movable = ({ step, ...view }: View) =>
    step.home === null &&
    !['input', 'literal', 'squares', 'join', 'attend', 'beside'].includes(step.kind) &&
    isWhole({ step, ...view }) &&
    (step.element === 'float' || !read.has(step))
  const settle = (view: View, home: Step['home']): void => {
    const { step } = movable(view) ? view : copy(view, 'float')
    if (step.home !== null) throw new Error('One value leaves the program under two names')
    step.home = home
    step.element = 'float'
  }
  for (const { name, kind, value } of program.outputs) {
    settle(viewOf(value), { kind: kind === 'state' ? 'state' : 'result', name })
  }
  // What was put side by side as columns lies there already.
  const isPlaced = (join: Step) =>
    join.inputs.every(({ step: { home } }) => home?.kind === 'inside' && home.step === join)
  for (const join of steps.filter((step) => step.kind === 'join' && !isPlaced(step))) {
    let offset = 0
    const parts = join.inputs.map((part) => {
      const home = { kind: 'inside', step: join, offset } as const
      offset += count(part.shape)
      if (movable(part)) {
        settle(part, home)
        return part
      }
      const moved = copy(part, 'float')
      // A copy of its own: the same part may stand in the join twice.
      const step = { ...moved.step, id: steps.length, home } as Step
      ;(steps as Step[]).push(step)
      return whole(step)
    })
    ;(join as { inputs: readonly View[] }).inputs = parts
  }
}

/** Steps that something needs, in an order in which they can run. */
export function alive(steps: readonly Step[]): Step[] {
  const needed = new Set<Step>()
  const need = (step: Step): void => {
    if (needed.has(step)) return
    needed.add(step)
    for (const { step: other } of step.inputs) need(other)
  }
  for (const step of steps) if (step.home && step.home.kind !== 'inside') need(step)
  const sorted: Step[] = []
  const placed = new Set<Step>()
  const place = (step: Step): void => {
    if (placed.has(step)) return
    placed.add(step)
    for (const { step: other } of step.inputs) place(other)
    sorted.push(step)
  }
  for (const step of steps) if (needed.has(step)) place(step)
  return sorted
}
