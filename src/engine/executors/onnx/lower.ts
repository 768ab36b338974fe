import type { Node, NodeOf, Op, Program, Value } from '../../tracer/node.ts'
import type { Graph } from './graph.ts'
import { type Attribute, ELEMENT } from './proto.ts'

/** The names under which a program's values stand in the graph. */
export type Names = Map<number, string>

/** Where dropout masks get their draws: the names of two int32 vectors for each place. */
export type Draws = (place: number, rowShape: readonly number[], columns: number) => { rows: string; columns: string }

type Lowering = { [Each in Op]: (node: NodeOf<Each>, input: string[], to: Context) => string | string[] }

interface Context {
  graph: Graph
  program: Program
  draws: Draws
}

/** Writes the nodes of a program into an ONNX graph; `names` holds its inputs, and everything else afterwards. */
export function lower({
  program,
  graph,
  names,
  draws,
}: {
  program: Program
  graph: Graph
  names: Names
  draws: Draws
}): void {
  for (const node of program.nodes) {
    const input = node.inputs.map(({ id }) => named(names, id))
    const write = LOWERING[node.op] as (node: Node, input: string[], to: Context) => string | string[]
    const outputs = [write(node, input, { graph, program, draws })].flat()
    node.outputs.forEach(({ id }, i) => names.set(id, outputs[i] ?? ''))
  }
}

export function named(names: Names, id: number): string {
  const name = names.get(id)
  if (name === undefined) throw new Error(`Value ${id} is read before it is made`)
  return name
}

const LOWERING: Lowering = {
  Constant: ({ attributes, outputs }, _, { graph }) =>
    graph.constant(attributes.values, first(outputs).shape, first(outputs).dtype),
  Cast: ({ outputs }, input, { graph }) => graph.op('Cast', input, { to: { int: ELEMENT[first(outputs).dtype] } }),

  Add: same('Add'),
  Sub: same('Sub'),
  Mul: same('Mul'),
  Div: same('Div'),
  Maximum: same('Max'),
  Minimum: same('Min'),
  Equal: same('Equal'),
  Greater: same('Greater'),
  Neg: same('Neg'),
  Exp: same('Exp'),
  Log: same('Log'),
  Sqrt: same('Sqrt'),
  Erf: same('Erf'),
  Tanh: same('Tanh'),
  Relu: same('Relu'),

  Reshape: ({ inputs, outputs }, input, { graph, program }) =>
    graph.op('Reshape', [...input, graph.int64(reshapeTo(first(inputs), first(outputs), program))]),
  Transpose: ({ attributes }, input, { graph }) => graph.op('Transpose', input, { perm: { ints: attributes.perm } }),
  Slice: ({ inputs, attributes: { begin, size } }, input, { graph }) => {
    const axes = size.flatMap((length, axis) => (length === first(inputs).shape[axis] ? [] : [axis]))
    if (axes.length === 0) return graph.op('Identity', input)
    const starts = axes.map((axis) => begin[axis] ?? 0)
    const ends = axes.map((axis) => (begin[axis] ?? 0) + (size[axis] ?? 0))
    return graph.op('Slice', [...input, graph.int64(starts), graph.int64(ends), graph.int64(axes)])
  },
  Gather: (_, input, { graph }) => graph.op('Gather', input),
  ScatterAdd: ({ outputs }, [values = '', rows = ''], { graph, program }) => {
    const { shape } = first(outputs)
    const isOpen = shape.some((length) => program.symbols.has(length))
    // As many zeros as there are rows of the table, which only the run may know.
    const zeros = graph.op('ConstantOfShape', [isOpen ? openShape(shape, graph, program) : graph.int64(shape)])
    // Several values may go to one row. ScatterND divides them among threads that do not wait for each other, and loses some.
    const places = graph.op('Expand', [indicesOf(rows, graph), graph.op('Shape', [values])])
    return graph.op('ScatterElements', [zeros, places, values], { axis: { int: 0 }, reduction: { string: 'add' } })
  },
  // One value a row.
  AddRows: (_, [table = '', values = '', rows = ''], { graph }) =>
    graph.op('ScatterND', [table, indicesOf(rows, graph), values], { reduction: { string: 'add' } }),
  Split: ({ attributes: { axis, sizes } }, input, { graph }) =>
    graph.ops('Split', [...input, graph.int64(sizes)], sizes.length, { axis: { int: axis } }),
  Concat: ({ attributes: { axis } }, input, { graph }) => graph.op('Concat', input, { axis: { int: axis } }),
  OneHot: ({ attributes: { depth }, outputs }, [indices = ''], { graph }) => {
    const classes = graph.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    )
    const equal = graph.op('Equal', [graph.op('Unsqueeze', [indices, graph.int64([-1])]), classes])
    return graph.op('Cast', [equal], { to: { int: ELEMENT[first(outputs).dtype] } })
  },

  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  SumOfSquares: (_, input, { graph }) => graph.op('ReduceSumSquare', input, { keepdims: { int: 0 } }),
  CumSum: ({ attributes: { axis } }, input, { graph }) =>
    graph.op('CumSum', [...input, graph.constant(Int32Array.of(axis), [], 'int32')]),
  Softmax: (_, input, { graph }) => graph.op('Softmax', input, { axis: { int: -1 } }),
  MatMul: ({ attributes }, input, { graph }) => {
    const { transposeA, transposeB, scale, rowsFirstA, rowsFirstB } = attributes
    if (!transposeA && !transposeB && scale === 1 && !rowsFirstA && !rowsFirstB) return graph.op('MatMul', input)
    const flags: Record<string, Attribute> = {
      alpha: { float: scale },
      transA: { int: Number(transposeA) },
      transB: { int: Number(transposeB) },
      transBatchA: { int: Number(rowsFirstA) },
      transBatchB: { int: Number(rowsFirstB) },
    }
    return graph.op('FusedMatMul', input, flags, { domain: 'com.microsoft' })
  },
  LayerNorm: ({ attributes: { epsilon } }, input, { graph }) =>
    graph.ops('LayerNormalization', input, 3, { axis: { int: -1 }, epsilon: { float: epsilon } }),

  /**
   * Kept where row · column, as odd 32-bit numbers that wrap around, is at or above the rate's share of all numbers. The
   * draws are new each step; the product mixes them so that each place is as good as drawn on its own, at the cost of
   * three passes instead of a generator that runs on one core.
   */
  DropoutMask: ({ inputs: others, attributes: { place, rate }, outputs }, names, { graph, program, draws }) => {
    const shape = first(outputs).shape
    const draw = draws(place, [...shape.slice(0, -1), 1], shape.at(-1) ?? 1)
    const rows = others.length === 0 ? draw.rows : after(draw.rows, shape.length, { others, names, graph, program })
    const mixed = graph.op('Mul', [rows, draw.columns])
    const threshold = graph.constant(Int32Array.of(Math.round((rate - 0.5) * 2 ** 32)), [], 'int32')
    return graph.op('Cast', [graph.op('Greater', [mixed, threshold])], { to: { int: ELEMENT.float32 } })
  },

  After: ({ inputs: [x, ...others] }, [name = '', ...names], { graph, program }) =>
    after(name, x?.shape.length ?? 0, { others, names, graph, program }),
}

/**
 * The same tensor, reshaped to the shape that it has: nothing is copied. The shape is zeros, which keep each axis, made of
 * a number of every other tensor, so that it is there no sooner than they are, and onnxruntime can neither leave it out
 * nor take what is made of the result for what is made of the tensor.
 */
function after(
  name: string,
  rank: number,
  {
    others,
    names,
    graph,
    program,
  }: { others: readonly Value[]; names: readonly string[] } & Pick<Context, 'graph' | 'program'>,
): string {
  const numbers = others.map(({ shape }, i) => {
    const other = names[i] ?? ''
    // How long an open axis is, is known only with the tensor; of any other shape it is known before.
    const axis = shape.findIndex((length) => !isKnown(length, program))
    if (axis >= 0) return graph.op('Shape', [other], { start: { int: axis }, end: { int: axis + 1 } })
    const axes = shape.map((_, axis) => axis)
    const begin = graph.int64(axes.map(() => 0))
    const end = graph.int64(axes.map(() => 1))
    const one = axes.length === 0 ? other : graph.op('Slice', [other, begin, end, graph.int64(axes)])
    return graph.op('Cast', [one], { to: { int: ELEMENT.int64 } })
  })
  const number = graph.op('Reshape', [graph.op('Max', numbers), graph.int64([-1])])
  const zeros = graph.int64(Array.from({ length: rank }, () => 0))
  return graph.op('Reshape', [name, graph.op('Mul', [number, zeros])])
}

function same(type: string) {
  return (_: Node, input: string[], { graph }: Context): string => graph.op(type, input)
}

function reduction(type: string) {
  return ({ attributes }: NodeOf<'Sum' | 'Mean' | 'Max'>, input: string[], { graph }: Context): string =>
    graph.op(type, [...input, graph.int64(attributes.axes)], { keepdims: { int: Number(attributes.keepDims) } })
}

/** Indices as ScatterND wants them: int64 [n, 1]. */
function indicesOf(rows: string, graph: Graph): string {
  return graph.op('Unsqueeze', [graph.op('Cast', [rows], { to: { int: ELEMENT.int64 } }), graph.int64([-1])])
}

/** A shape with axes of unknown length, read off the inputs that have them. */
function openShape(shape: readonly number[], graph: Graph, program: Program): string {
  const lengths = shape.map((length) => {
    const port = program.inputs.find(({ value, kind }) => kind === 'feed' && value.shape.includes(length))
    if (!port || !program.symbols.has(length)) return graph.int64([length])
    const axis = port.value.shape.indexOf(length)
    return graph.op('Shape', [port.name], { start: { int: axis }, end: { int: axis + 1 } })
  })
  return graph.op('Concat', lengths, { axis: { int: 0 } })
}

/** A shape for Reshape: 0 copies an axis and −1 is inferred, so that no axis of unknown length need be written down. */
function reshapeTo(from: Value, to: Value, program: Program): number[] {
  const shape = to.shape.map((length, axis) =>
    isKnown(length, program) ? length : from.shape[axis] === length ? 0 : -1,
  )
  if (shape.filter((length) => length === -1).length > 1) {
    throw new Error(
      `[${from.shape.join(', ')}] cannot become [${to.shape.join(', ')}] without knowing more than one axis`,
    )
  }
  return shape
}

/** Whether the length of an axis is known before the program runs: neither a symbol nor a multiple of one. */
function isKnown(length: number, { symbols }: Program): boolean {
  return length < Math.min(...symbols.keys())
}

function first(values: readonly Value[]): Value {
  const value = values[0]
  if (!value) throw new Error('A node has no value where it must have one')
  return value
}
