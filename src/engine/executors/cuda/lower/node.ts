import type { Node } from '../../../tracer/node.ts'
import { first, type Users } from '../program/users.ts'
import { ARITHMETIC } from './arithmetic.ts'
import type { Builder } from './builder.ts'
import { layerNorm, reduce, softmax } from './composite.ts'
import { concat } from './concat.ts'
import { product } from './product.ts'
import { addRows, gather, scatterAdd } from './rows.ts'
import type { Step, View } from './step.ts'
import type { Values } from './values.ts'
import { permuted, sliced, splitAlong } from './view.ts'

export interface Lowering {
  build: Builder
  values: Values
  users: Users
  /** Whether products of activations read half precision */
  half: boolean
}

/** One node as steps: a view of each of its outputs. What only looks at memory otherwise has no step. */
export function lowerNode(node: Node, { build, values, users, half }: Lowering): View | View[] {
  const { add, after, inOrder, literal, point, reshape } = build
  const { viewOf, elementOf } = values
  const inputs = () => node.inputs.map(viewOf)
  const input = () => viewOf(first(node.inputs))
  const result = first(node.outputs)
  const code = ARITHMETIC[node.op]
  if (code !== undefined) return point(code, inputs(), result.shape, elementOf(result))
  switch (node.op) {
    case 'Constant': {
      const value = node.attributes.values[0] ?? 0
      if (node.attributes.values.some((other) => other !== value)) {
        throw new Error('Only constants of one number have a kernel')
      }
      return literal(value, result.shape)
    }
    case 'Cast':
      // Registers hold floats, and loading makes them of anything.
      return result.dtype === 'int32' ? point('truncf($0)', inputs(), result.shape, 'int') : input()
    case 'Reshape':
      return reshape(input(), result.shape)
    case 'Transpose':
      return permuted(input(), node.attributes.perm)
    case 'Slice':
      return sliced(input(), node.attributes.begin, node.attributes.size)
    case 'Split':
      return splitAlong(input(), node.attributes.axis, node.attributes.sizes)
    case 'Concat':
      return concat(node, build, values)
    case 'Gather':
      return gather(node, build, values)
    case 'ScatterAdd':
      return scatterAdd(node, build, values)
    case 'AddRows':
      return addRows(node, build, values)
    case 'OneHot': {
      const indices = input()
      return point('($0 == COLUMN ? 1.f : 0.f)', [reshape(indices, [...indices.shape, 1])], result.shape, 'float')
    }
    case 'SumOfSquares':
      return add<Step & { kind: 'squares' }>({
        kind: 'squares',
        inputs: [inOrder(input())],
        shape: [],
        element: 'float',
      })
    case 'CumSum': {
      const view = input()
      if (node.attributes.axis !== view.shape.length - 1) throw new Error('Running sums go along the last axis')
      return add<Step & { kind: 'runningSum' }>({
        kind: 'runningSum',
        inputs: [inOrder(view)],
        shape: view.shape,
        element: elementOf(result),
      })
    }
    case 'Sum':
    case 'Mean':
    case 'Max':
      return reduce(node, build, values)
    case 'Softmax':
      return softmax(node, build, values)
    case 'LayerNorm':
      return layerNorm(node, build, values)
    case 'MatMul':
      return product({ node, build, values, users, half })
    case 'DropoutMask':
      return add<Step & { kind: 'mask' }>({
        kind: 'mask',
        ...node.attributes,
        inputs: [],
        shape: result.shape,
        element: elementOf(result),
      })
    case 'After': {
      const [of, ...others] = inputs() as [View, ...View[]]
      return after(of, others)
    }
    default:
      throw new Error(`${node.op} has no kernel`)
  }
}
