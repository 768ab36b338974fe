export type Dtype = 'float32' | 'int32' | 'bool'

/** What a node makes: nothing is computed yet, only the shape is known. */
export interface Value {
  readonly id: number
  /** A size that `Program.symbols` names stands for an axis whose length is known only when the program runs. */
  readonly shape: readonly number[]
  readonly dtype: Dtype
}

/** Nothing besides the inputs. */
type None = Readonly<Record<string, never>>
interface Reduction {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

/** Every kind of node with what it takes besides its inputs. An executor must know them all. */
export interface Attributes {
  Constant: { readonly values: Float32Array | Int32Array | Uint8Array }
  Cast: None
  // Place by place, with NumPy's broadcasting.
  Add: None
  Sub: None
  Mul: None
  Div: None
  Maximum: None
  Minimum: None
  Equal: None
  Greater: None
  Neg: None
  Exp: None
  Log: None
  Sqrt: None
  Erf: None
  Tanh: None
  Relu: None
  // Where things stand.
  Reshape: None
  Transpose: { readonly perm: readonly number[] }
  Slice: { readonly begin: readonly number[]; readonly size: readonly number[] }
  /** (table [rows, …], indices) → [...indices, …] */
  Gather: None
  /** (values [n, width], rows [n]) → [rows, width]: values added up where they belong, zero elsewhere. */
  ScatterAdd: None
  /** (table [rows, width], values [n, width], rows [n], each once) → the table with the values added to its rows. */
  AddRows: None
  Split: { readonly axis: number; readonly sizes: readonly number[] }
  Concat: { readonly axis: number }
  OneHot: { readonly depth: number }
  // Along axes.
  Sum: Reduction
  Mean: Reduction
  Max: Reduction
  /** The sum of the squares of everything, a scalar. */
  SumOfSquares: None
  CumSum: { readonly axis: number }
  Softmax: None
  // Matrices: the last two axes; those before are batches, and a matrix without them serves every batch.
  MatMul: {
    readonly transposeA: boolean
    readonly transposeB: boolean
    /** Multiplies the product. */
    readonly scale: number
    /** The operand is stored as [rows, ...batches, columns]: its first axis belongs behind the batches. */
    readonly rowsFirstA: boolean
    readonly rowsFirstB: boolean
  }
  /** (x, weight, bias) → (y, mean, 1 / deviation), over the last axis. */
  LayerNorm: { readonly epsilon: number }
  /**
   * 1 where a place is kept, 0 where it is dropped; another draw each step, the same for the same seed, step and place. An
   * input, where there is one, must be there first.
   */
  DropoutMask: { readonly place: number; readonly rate: number }
  /** (x, others…) → x itself, and not before the others are there. What is made of it is never taken for what is made of x. */
  After: None
}

export type Op = keyof Attributes
export type NodeOf<Each extends Op> = {
  readonly op: Each
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly attributes: Attributes[Each]
}
export type Node = { [Each in Op]: NodeOf<Each> }[Op]

/** A value that comes from outside or leaves. A state is kept by the executor and written back in place. */
export interface Port {
  readonly name: string
  readonly kind: 'state' | 'feed'
  readonly value: Value
}

/** A recorded computation: what an executor compiles. */
export interface Program {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** In an order in which each can run. */
  readonly nodes: readonly Node[]
  /** Sizes that stand for an axis known only when the program runs, with its name. */
  readonly symbols: ReadonlyMap<number, string>
}
