import type { Node, Value } from '../../../tracer/node.ts'
import { attend, hasKernel } from './attend.ts'
import { findAttentions, type Found } from '../program/find-attention.ts'
import { stepBuilder } from './builder.ts'
import { layerNorm, reduce, softmax } from './composite.ts'
import { concat } from './concat.ts'
import { alive, giveHomes } from './homes.ts'
import { joinProjections } from '../program/join-projections.ts'
import { biasedProduct, product } from './product.ts'
import type { Specialised } from '../program/specialise.ts'
import { count, type Element, isWhole, type Step, type View } from './step.ts'
import { keptInHalf } from '../program/kept-in-half.ts'
import { first, usersOf } from '../program/users.ts'
import { permuted, sliced, whole } from './view.ts'

/**
 * Rewrites the nodes of a specialised program as steps. LayerNorm and softmax come apart into sums along rows and
 * arithmetic, so that fusing may put them together with their neighbours; matrices find their strides; equal steps become
 * one.
 */
export function lower({
  half,
  tiles,
  ...given
}: Specialised & {
  /** Whether most activations are kept in half precision, and products read copies of the weights in it */
  half: boolean
  /** Whether attention may be one kernel */
  tiles: boolean
}): Step[] {
  const closed = half && tiles ? withJoined(given) : given
  const { program, activations } = closed
  const build = stepBuilder()
  const { add, after, copy, inMemory, inOrder, input, literal, point, reshape } = build
  const views = new Map<number, View>()
  const users = usersOf(program)
  const inHalf = half ? keptInHalf({ ...closed, users }) : new Set<number>()
  const attentions = half && tiles ? findAttentions(program, users) : new Map<Node, Found>()

  const elementOf = (value: Value): Element =>
    value.dtype === 'int32' ? 'int' : inHalf.has(value.id) ? 'half' : 'float'

  for (const { name, kind, value } of program.inputs) {
    views.set(value.id, input(name, kind, value.shape, value.dtype === 'int32' ? 'int' : 'float'))
  }

  const viewOf = (value: Value): View => {
    const view = views.get(value.id)
    if (!view) throw new Error(`Value ${value.id} is read before it is made`)
    return view
  }
  const values = { viewOf, elementOf, isActivation: ({ id }: Value) => activations.has(id) }

  /** Rows of `of` that `places` names, counted from 1; zeros where it names none. Factors are taken out of memory's way. */
  const pickOrNone = (of: View, places: Step, shape: readonly number[]): View => {
    const { step } = of
    if (
      step.kind === 'point' &&
      step.code === '($0 * $1)' &&
      isWhole(of) &&
      step.inputs.every((view) => count(view.shape) === 1 || (isWhole(view) && count(view.shape) === count(of.shape)))
    ) {
      const factors = step.inputs.map((view) => (count(view.shape) === 1 ? view : pickOrNone(view, places, shape)))
      return point(step.code, factors, shape, 'float')
    }
    return add<Step & { kind: 'pick' }>({
      kind: 'pick',
      orNone: true,
      inputs: [inOrder(of), whole(places)],
      shape,
      element: 'float',
    })
  }

  const lowerNode = (node: Node): View | View[] => {
    const inputs = () => node.inputs.map(viewOf)
    const result = first(node.outputs)
    const code = CODE[node.op]
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
        return result.dtype === 'int32'
          ? point('truncf($0)', inputs(), result.shape, 'int')
          : viewOf(first(node.inputs))
      case 'Reshape':
        return reshape(viewOf(first(node.inputs)), result.shape)
      case 'Transpose':
        return permuted(viewOf(first(node.inputs)), node.attributes.perm)
      case 'Slice':
        return sliced(viewOf(first(node.inputs)), node.attributes.begin, node.attributes.size)
      case 'Split': {
        const view = viewOf(first(node.inputs))
        const { axis, sizes } = node.attributes
        let at = 0
        return sizes.map((size) => {
          const begin = view.shape.map((_, i) => (i === axis ? at : 0))
          at += size
          return sliced(
            view,
            begin,
            view.shape.map((length, i) => (i === axis ? size : length)),
          )
        })
      }
      case 'Concat':
        return concat(node, build, values)
      case 'Gather': {
        const [table, indices] = inputs() as [View, View]
        const { step } = table
        // Rows of rows that were picked are rows of the first table.
        const [, rows, ...more] = step.inputs
        const isPicked = step.kind === 'pick' && !step.orNone && isWhole(table) && more.length === 0
        const [from, ...through] =
          isPicked && rows && isWhole(rows) ? step.inputs : [isWhole(table) ? table : copy(table)]
        return add<Step & { kind: 'pick' }>({
          kind: 'pick',
          orNone: false,
          inputs: [from as View, inMemory(indices), ...through],
          shape: result.shape,
          element: elementOf(result),
        })
      }
      case 'OneHot': {
        const indices = viewOf(first(node.inputs))
        return point('($0 == COLUMN ? 1.f : 0.f)', [reshape(indices, [...indices.shape, 1])], result.shape, 'float')
      }
      case 'ScatterAdd': {
        const [values, rows] = inputs() as [View, View]
        return add<Step & { kind: 'scatterAdd' }>({
          kind: 'scatterAdd',
          inputs: [inOrder(values), inOrder(rows)],
          shape: result.shape,
          element: 'float',
        })
      }
      case 'AddRows': {
        // Which of the values a row is given, if any, so that what makes the table can add them as it goes.
        const [table, given, rows] = inputs() as [View, View, View]
        const { step } = add<Step & { kind: 'placeOf' }>({
          kind: 'placeOf',
          inputs: [inOrder(rows)],
          shape: result.shape.slice(0, 1),
          element: 'int',
        })
        return point('($0 + $1)', [table, pickOrNone(given, step, result.shape)], result.shape, 'float')
      }
      case 'SumOfSquares':
        return add<Step & { kind: 'squares' }>({
          kind: 'squares',
          inputs: [inOrder(viewOf(first(node.inputs)))],
          shape: [],
          element: 'float',
        })
      case 'CumSum': {
        const view = viewOf(first(node.inputs))
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

  for (const node of program.nodes) {
    // A bias may already be part of the product that it is added to.
    if (node.op === 'Add' && biasedProduct(node, users)) {
      const made = node.inputs.map((value) => views.get(value.id)).find((view) => view?.step.inputs.length === 3)
      if (made?.step.kind === 'product') {
        views.set(first(node.outputs).id, made)
        continue
      }
    }
    const found = attentions.get(node)
    const inside = found && attend({ found, build, values, users })
    if (inside === 'between') continue
    const made = inside ? [inside] : [lowerNode(node)].flat()
    node.outputs.forEach((value, i) => {
      const view = made[i]
      if (view) views.set(value.id, view)
    })
  }
  giveHomes({ program, steps: build.steps, viewOf, copy })
  return alive(build.steps)
}

/** The program with one product for the queries, keys and values of attentions that are kernels of their own. */
function withJoined(specialised: Specialised): Specialised {
  const { program, activations } = specialised
  const found = findAttentions(program, usersOf(program))
  const attentions = new Set([...found.values()].map(({ attention }) => attention))
  return joinProjections(
    specialised,
    [...attentions].filter((attention) => hasKernel(attention, ({ id }) => activations.has(id))),
  )
}

/** Operations that are arithmetic place by place, in C. */
const CODE: Partial<Record<Node['op'], string>> = {
  Add: '($0 + $1)',
  Sub: '($0 - $1)',
  Mul: '($0 * $1)',
  Div: '($0 / $1)',
  Maximum: 'fmaxf($0, $1)',
  Minimum: 'fminf($0, $1)',
  Equal: '($0 == $1 ? 1.f : 0.f)',
  Greater: '($0 > $1 ? 1.f : 0.f)',
  Neg: '(-$0)',
  Exp: 'expf($0)',
  Log: 'logf($0)',
  Sqrt: 'sqrtf($0)',
  Erf: 'erff($0)',
  Tanh: 'tanhf($0)',
  Relu: 'fmaxf($0, 0.f)',
}
