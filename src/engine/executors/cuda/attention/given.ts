import type { Argument, Parameter } from '../kernel/kernel.ts'
import type { Attend, Step, View } from '../lower/step.ts'

/** What an attention's kernel takes: its parameters, what its launch gives for them, and strides that its text names. */
export interface GivenToAttend {
  parameters: Parameter[]
  arguments: Argument[]
  /** Lines of C++ */
  strides: string[]
}

export function givenTo(step: Attend): GivenToAttend {
  const { part, dropout, beside } = step
  const [q, k, v, bias, dContext, norms, last] = step.inputs as [View, View, View, View, View?, View?, View?]
  const [, heads = 1, queries = 1] = q.shape
  const tokens = k.shape[2] ?? 1
  const parameters: Parameter[] = []
  const given: Argument[] = []
  const strides: string[] = []
  const pointer = (name: string, of: Step) => {
    parameters.push({ name, type: of.element, pointer: true })
    given.push({ kind: 'step', step: of })
  }
  const int = (name: string, value: number) => {
    parameters.push({ name, type: 'int', pointer: false })
    given.push({ kind: 'integer', value })
  }
  /** A view's rows: where the first begins, the strides to the next batch and head, and, known to the compiler, row. */
  const read = (name: string, view: View) => {
    pointer(name, view.step)
    int(`${name}Offset`, view.offset)
    ;['Batch', 'Head'].forEach((axis, i) => int(`${name}${axis}`, view.strides[i] ?? 0))
    strides.push(`constexpr int ${name}Row = ${view.strides[2] ?? 0};`)
  }

  read('q', q)
  read('k', k)
  read('v', v)
  pointer('bias', bias.step)
  int('biasOffset', bias.offset)
  int('biasBatch', bias.shape[0] === 1 ? 0 : (bias.strides[0] ?? 0))
  int('biasColumn', bias.strides[3] ?? 0)
  if (dContext && norms && last) {
    read('d', dContext)
    pointer('norms', norms.step)
    if (part === 'query') read('context', last)
    else pointer('shifts', last.step)
  }
  pointer('to', step)
  if (beside) pointer('beside', beside)
  ;['toBatch', 'toHead', 'toRow'].forEach((name, i) => int(name, step.strides[i] ?? 0))
  int('heads', heads)
  int('queries', queries)
  int('tokens', tokens)
  if (dropout) {
    parameters.push({ name: 'draw', type: 'word', pointer: true })
    given.push({ kind: 'draw' })
    int('place', dropout.place)
  }
  return { parameters, arguments: given, strides }
}
