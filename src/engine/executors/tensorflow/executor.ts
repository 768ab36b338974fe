import type { Tensor } from '@tensorflow/tfjs-core'
import type { Node, NodeOf, Port, Program } from '../../tracer/node.ts'
import type { Weight } from '../../safetensors.ts'
import type { Compiled, Executor, Feeds, Run } from '../executor.ts'
import { specialise } from '../specialise.ts'
import type { TensorFlow } from './addon.ts'
import { constant, perform, type Tf } from './kernels.ts'
import { lifetimesOf } from './lifetimes.ts'

/**
 * Runs a program node by node, each as one call of TensorFlow. Nothing is compiled or fused: it reads as the program is
 * written, and serves as a second opinion and for cards that only TensorFlow knows.
 *
 * A run blocks Node until its outputs are there.
 */
export function tensorflowExecutor({ tf, backend, device, versions }: TensorFlow): Executor {
  const states = new Map<string, Tensor>()
  const constants: Tensor[] = []
  /** The tracer records with a backend of its own, and all copies of TensorFlow.js in a process share the choice. */
  const use = () => void tf.setBackend(backend)

  return {
    name: 'tensorflow',
    device,
    versions,
    put: (tensors) => {
      use()
      for (const [name, { shape, data }] of tensors) replace(states, name, tf.tensor(data, [...shape], 'float32'))
    },
    read: async (names) => {
      use()
      const read = await Promise.all(names.map((name) => weightOf(stateOf(states, name))))
      return new Map(names.map((name, i) => [name, read[i] as Weight]))
    },
    compile: (program) => {
      use()
      const kept = constantsOf(program, tf)
      constants.push(...kept.values())
      return Promise.resolve(runner({ program, tf, use, states, constants: kept }))
    },
    close: () => {
      for (const tensor of [...states.values(), ...constants.splice(0)]) tensor.dispose()
      states.clear()
      return Promise.resolve()
    },
  }
}

function runner({
  program: open,
  tf,
  use,
  states,
  constants,
}: {
  program: Program
  tf: Tf
  use: () => void
  states: Map<string, Tensor>
  constants: ReadonlyMap<number, Tensor>
}): Compiled {
  const { nodes, lastReads } = lifetimesOf(open)
  return async ({ feeds, sizes, dropout }) => {
    use()
    const program = specialise({ ...open, nodes }, sizes)
    const values = new Map<number, Tensor>(constants)
    for (const port of program.inputs) {
      values.set(port.value.id, port.kind === 'state' ? stateOf(states, port.name) : feedOf(port, feeds, tf))
    }
    /** What this run made, and what it was fed: its own to dispose of. States and constants are not. */
    const own = new Set(program.inputs.filter(({ kind }) => kind === 'feed').map(({ value }) => value.id))
    try {
      for (const [index, node] of program.nodes.entries()) {
        const inputs = node.inputs.map(({ id }) => valueOf(values, id))
        const made = perform(node, inputs, { tf, dropout })
        node.outputs.forEach(({ id }, i) => {
          values.set(id, made[i] as Tensor)
          own.add(id)
        })
        for (const id of lastReads[index] ?? []) dispose(id, values, own)
      }
      return await take(program, values, own, states)
    } finally {
      for (const id of own) values.get(id)?.dispose()
    }
  }
}

/** The outputs as numbers; states are replaced by what the run made of them. */
async function take(
  program: Program,
  values: ReadonlyMap<number, Tensor>,
  own: Set<number>,
  states: Map<string, Tensor>,
): Promise<Record<string, Float32Array>> {
  const results: [string, Promise<Weight>][] = []
  for (const { name, kind, value } of program.outputs) {
    const tensor = valueOf(values, value.id)
    if (kind === 'feed') results.push([name, weightOf(tensor)])
    else {
      // A value may be two states, or a state unchanged: each state owns its tensor.
      replace(states, name, own.delete(value.id) ? tensor : tensor.clone())
    }
  }
  return Object.fromEntries(await Promise.all(results.map(async ([name, read]) => [name, (await read).data] as const)))
}

function constantsOf(program: Program, tf: Tf): Map<number, Tensor> {
  const isConstant = (node: Node): node is NodeOf<'Constant'> => node.op === 'Constant'
  return new Map(program.nodes.filter(isConstant).map((node) => [node.outputs[0]?.id ?? -1, constant(node, tf)]))
}

function feedOf({ name, value }: Port, feeds: Feeds, tf: Tf): Tensor {
  const values: Run['feeds'][string] | undefined = feeds[name]
  if (!values) throw new Error(`The program wants a feed \`${name}\``)
  return tf.tensor(values, [...value.shape], value.dtype)
}

function replace(states: Map<string, Tensor>, name: string, tensor: Tensor): void {
  states.get(name)?.dispose()
  states.set(name, tensor)
}

function dispose(id: number, values: Map<number, Tensor>, own: Set<number>): void {
  if (own.delete(id)) values.get(id)?.dispose()
}

function stateOf(states: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const state = states.get(name)
  if (!state) throw new Error(`There is no state \`${name}\``)
  return state
}

function valueOf(values: ReadonlyMap<number, Tensor>, id: number): Tensor {
  const value = values.get(id)
  if (!value) throw new Error(`Value ${id} is read before it is made`)
  return value
}

async function weightOf(tensor: Tensor): Promise<Weight> {
  // A copy: the tensor's own memory goes when it is disposed of.
  return { shape: tensor.shape, data: Float32Array.from((await tensor.data()) as Float32Array) }
}
