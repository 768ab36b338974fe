import type { Node, NodeOf, Program, Value } from '../../tracer/node.ts'
import { matricesOf } from './matrices.ts'
import {
  type Common,
  contiguous,
  count,
  type Element,
  type Input,
  isContiguous,
  isFusible,
  isWhole,
  type Step,
  type View,
} from './step.ts'
import { permuted, reshaped, sliced, whole } from './view.ts'

/**
 * Rewrites the nodes of a specialised program as steps. LayerNorm and softmax come apart into sums along rows and
 * arithmetic, so that fusing may put them together with their neighbours; matrices find their strides; equal steps become
 * one. With `half`, activations are kept in half precision and products read copies of the weights in it.
 */
export function lower({
  program,
  activations,
  half,
}: {
  program: Program
  activations: ReadonlySet<number>
  half: boolean
}): Step[] {
  const steps: Step[] = []
  const known = new Map<string, Step>()
  const views = new Map<number, View>()
  const users = usersOf(program)

  const elementOf = (value: Value): Element =>
    value.dtype === 'int32' ? 'int' : half && activations.has(value.id) ? 'half' : 'float'

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
  const along = (kind: 'rowSum' | 'rowMax', view: View): View =>
    add<Step & { kind: 'rowSum' | 'rowMax' }>({
      kind,
      inputs: [view],
      shape: [...view.shape.slice(0, -1), 1],
      element: 'float',
    })

  const input = (name: string, from: Input['from'], shape: readonly number[], element: Element) =>
    add<Input>({ kind: 'input', name, from, shape, inputs: [], element })
  for (const { name, kind, value } of program.inputs) {
    views.set(value.id, input(name, kind, value.shape, value.dtype === 'int32' ? 'int' : 'float'))
  }

  const viewOf = (value: Value): View => {
    const view = views.get(value.id)
    if (!view) throw new Error(`Value ${value.id} is read before it is made`)
    return view
  }

  /** An operand of a product in the precision of the product. */
  const inHalf = (view: View): View => {
    const { step } = view
    if (step.element === 'half') return view
    if (step.kind === 'input' && step.from === 'state') {
      return { ...view, step: input(step.name, 'copy', step.shape, 'half').step }
    }
    return copy(view, 'half')
  }

  const product = (node: NodeOf<'MatMul'>): View => {
    const [a, b] = pair(node.inputs).map((value, i) => operand(viewOf(value), node, i === 0 ? 'A' : 'B')) as [
      View,
      View,
    ]
    const [result] = node.outputs as [Value]
    // One column is a sum along rows, which fuses with what is around it.
    if (result.shape.at(-1) === 1 && isContiguous(a) && count(b.shape) === a.shape.at(-1)) {
      const width = a.shape.at(-1) ?? 1
      const terms = point('($0 * $1)', [a, reshape(b, [width])], a.shape, elementOf(pair(node.inputs)[0]))
      const sum = along('rowSum', terms)
      return point('($0 * $1)', [sum, literal(node.attributes.scale)], result.shape, 'float')
    }
    const isHalf = half && (a.step.element === 'half' || b.step.element === 'half')
    let operands = isHalf ? [inHalf(a), inHalf(b)] : [a, b]

    const order = orderOf(node, users)
    const shape = order === null ? result.shape : order.map((axis) => result.shape[axis] ?? 1)
    const laid = contiguous(shape)
    const strides = order === null ? laid : result.shape.map((_, axis) => laid[order.indexOf(axis)] ?? 0)
    const bias = biasOf(node, users, views)
    const settled = () => matricesOf(operands as [View, View], { shape: result.shape, strides })
    let matrices = settled()
    if (!matrices) {
      operands = operands.map((view) => copy(view))
      matrices = settled()
    }
    if (!matrices) throw new Error(`A product of [${a.shape.join()}] and [${b.shape.join()}] cannot be laid out`)
    const { step } = add<Step & { kind: 'product' }>({
      kind: 'product',
      matrices: { ...matrices, scale: node.attributes.scale },
      inputs: [...operands, ...(bias ? [isHalf ? inHalf(bias) : bias] : [])],
      shape,
      element: elementOf(result),
    })
    return { step, shape: result.shape, strides, offset: 0 }
  }

  const reduce = (node: NodeOf<'Sum' | 'Mean' | 'Max'>): View => {
    const view = viewOf(first(node.inputs))
    const { shape } = first(node.outputs)
    const axes = node.attributes.axes.filter((axis) => view.shape[axis] !== 1)
    if (axes.length === 0) return reshape(view, shape)
    const from = Math.min(...axes)
    const to = Math.max(...axes)
    const between = view.shape.slice(from, to + 1)
    if (between.some((length, i) => length !== 1 && !axes.includes(from + i))) {
      throw new Error(`${node.op} over axes ${axes.join()} of [${view.shape.join()}] has no kernel`)
    }
    const before = view.shape.slice(0, from)
    const after = view.shape.slice(to + 1)
    const scaled = (sum: View) =>
      node.op === 'Mean' ? point('($0 * $1)', [sum, literal(1 / count(between))], sum.shape, 'float') : sum
    if (count(after) === 1) {
      const kind = node.op === 'Max' ? 'rowMax' : 'rowSum'
      return reshape(scaled(along(kind, reshape(view, [...before, count(between)]))), shape)
    }
    if (node.op === 'Max') throw new Error('The greatest over rows has no kernel')
    // A sum of sums over rows is one sum over all of them.
    const { step } = view
    const inner =
      step.kind === 'columnSum' && isWhole(view) && step.groups === count(before) * count(between) ? step : null
    const sum = add<Step & { kind: 'columnSum' }>({
      kind: 'columnSum',
      groups: count(before),
      members: count(between) * (inner?.members ?? 1),
      inputs: inner ? inner.inputs : [reshape(view, [count(before) * count(between), count(after)])],
      shape: [count(before), count(after)],
      element: 'float',
    })
    return reshape(scaled(sum), shape)
  }

  const layerNorm = (node: NodeOf<'LayerNorm'>): View[] => {
    const [x, weight, bias] = node.inputs.map(viewOf) as [View, View, View]
    const element = elementOf(first(node.outputs))
    const share = literal(1 / (x.shape.at(-1) ?? 1))
    const stat = (code: string, of: View, by: View) => point(code, [of, by], of.shape, 'float')
    const mean = stat('($0 * $1)', along('rowSum', x), share)
    const centred = point('($0 - $1)', [x, mean], x.shape, element)
    const variance = stat('($0 * $1)', along('rowSum', point('($0 * $1)', [centred, centred], x.shape, element)), share)
    const inverse = stat('(1.f / sqrtf($0 + $1))', variance, literal(node.attributes.epsilon))
    const normed = point('($0 * $1)', [centred, inverse], x.shape, element)
    const scaled = point('($0 * $1)', [normed, weight], x.shape, element)
    return [point('($0 + $1)', [scaled, bias], x.shape, element), mean, inverse]
  }

  const softmax = (node: NodeOf<'Softmax'>): View => {
    const x = viewOf(first(node.inputs))
    const element = elementOf(first(node.outputs))
    const shifted = point('($0 - $1)', [x, along('rowMax', x)], x.shape, element)
    const power = point('expf($0)', [shifted], x.shape, element)
    const share = point('(1.f / $0)', [along('rowSum', power)], [...x.shape.slice(0, -1), 1], 'float')
    return point('($0 * $1)', [power, share], x.shape, element)
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
      case 'Concat': {
        if (count(result.shape) !== result.shape[0]) throw new Error('Only vectors are put together')
        return add<Step & { kind: 'join' }>({
          kind: 'join',
          inputs: inputs().map(inOrder),
          shape: result.shape,
          element: 'float',
        })
      }
      case 'Gather': {
        const [table, indices] = inputs() as [View, View]
        return add<Step & { kind: 'pick' }>({
          kind: 'pick',
          inputs: [isWhole(table) ? table : copy(table), inMemory(indices)],
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
        const [table, values, rows] = inputs() as [View, View, View]
        return add<Step & { kind: 'addRows' }>({
          kind: 'addRows',
          // Written in place, so the table must be nobody else's.
          inputs: [isFusible(table.step) && isWhole(table) ? table : copy(table), inOrder(values), inOrder(rows)],
          shape: result.shape,
          element: 'float',
        })
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
        return reduce(node)
      case 'Softmax':
        return softmax(node)
      case 'LayerNorm':
        return layerNorm(node)
      case 'MatMul':
        return product(node)
      case 'DropoutMask':
        return add<Step & { kind: 'mask' }>({
          kind: 'mask',
          ...node.attributes,
          inputs: [],
          shape: result.shape,
          element: elementOf(result),
        })
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
    const made = [lowerNode(node)].flat()
    node.outputs.forEach((value, i) => {
      const view = made[i]
      if (view) views.set(value.id, view)
    })
  }
  giveHomes({ program, steps, viewOf, copy })
  return alive(steps)
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

/** Results and states must lie where the executor looks for them, the parts of a join inside of it. */
function giveHomes({
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
    !['input', 'literal', 'squares', 'join'].includes(step.kind) &&
    isWhole({ step, ...view }) &&
    (step.element === 'float' || !read.has(step))
  const settle = (view: View, home: Step['home']): void => {
    let { step } = movable(view) ? view : copy(view, 'float')
    if (step.home !== null) throw new Error('One value leaves the program under two names')
    step.home = home
    step.element = 'float'
    // Rows are added in place: the table is computed where the sum will be.
    while (step.kind === 'addRows') {
      step = first(step.inputs).step
      step.home = home
      step.element = 'float'
    }
  }
  for (const { name, kind, value } of program.outputs) {
    settle(viewOf(value), { kind: kind === 'state' ? 'state' : 'result', name })
  }
  for (const join of steps.filter(({ kind }) => kind === 'join')) {
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
function alive(steps: readonly Step[]): Step[] {
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

type Users = ReadonlyMap<number, readonly (Node | 'left')[]>

function usersOf(program: Program): Users {
  const users = new Map<number, (Node | 'left')[]>()
  const use = (value: Value, by: Node | 'left') => users.set(value.id, [...(users.get(value.id) ?? []), by])
  for (const node of program.nodes) for (const value of node.inputs) use(value, node)
  for (const { value } of program.outputs) use(value, 'left')
  return users
}

/** The axes of a product in the order in which its only reader, a transposition, wants them. */
function orderOf(node: NodeOf<'MatMul'>, users: Users): readonly number[] | null {
  const [only, ...others] = users.get(first(node.outputs).id) ?? []
  if (others.length > 0 || only === undefined || only === 'left' || only.op !== 'Transpose') return null
  const { perm } = only.attributes
  return perm.at(-1) === perm.length - 1 ? perm : null
}

/** The addition of a vector to a product that nothing else reads, where only products read the sum. */
function biasedProduct(node: NodeOf<'Add'>, users: Users): Value | null {
  const [a, b] = pair(node.inputs)
  for (const [product, vector] of [
    [a, b],
    [b, a],
  ] as const) {
    const alone = users.get(product.id)?.length === 1
    if (alone && vector.shape.length === 1 && vector.shape[0] === product.shape.at(-1)) {
      if (product.shape.length > 1 && onlyProductsRead(first(node.outputs), users)) return vector
    }
  }
  return null
}

function onlyProductsRead(value: Value, users: Users): boolean {
  const readers = users.get(value.id) ?? []
  return (
    readers.length > 0 &&
    readers.every((reader) => {
      if (reader === 'left') return false
      if (reader.op === 'MatMul') return true
      return (reader.op === 'Reshape' || reader.op === 'Transpose') && onlyProductsRead(first(reader.outputs), users)
    })
  )
}

/** The vector that a product may add by itself. */
function biasOf(node: NodeOf<'MatMul'>, users: Users, views: ReadonlyMap<number, View>): View | null {
  const [only] = users.get(first(node.outputs).id) ?? []
  if (only === undefined || only === 'left' || only.op !== 'Add') return null
  const vector = biasedProduct(only, users)
  const view = vector && views.get(vector.id)
  return view && view.step.kind === 'input' && isContiguous(view) ? view : null
}

/** An operand as [...batches, rows, columns]. */
function operand(view: View, { attributes }: NodeOf<'MatMul'>, side: 'A' | 'B'): View {
  const rank = view.shape.length
  let result = view
  if (attributes[`rowsFirst${side}`]) {
    result = permuted(result, [...Array.from({ length: rank - 2 }, (_, i) => i + 1), 0, rank - 1])
  }
  if (attributes[`transpose${side}`]) {
    result = permuted(result, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2])
  }
  return result
}

function first<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined) throw new Error('A node or step lacks an input or output')
  return item
}

function pair<Item>(items: readonly Item[]): [Item, Item] {
  const [a, b] = items
  if (a === undefined || b === undefined) throw new Error('A node of two inputs has fewer')
  return [a, b]
}
