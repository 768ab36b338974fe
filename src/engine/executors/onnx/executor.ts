import { availableParallelism, cpus } from 'node:os'
import ort from 'onnxruntime-node'
import type { Port, Program } from '../../tracer/node.ts'
import type { Weight } from '../../safetensors.ts'
import type { Compiled, Executor } from '../executor.ts'
import { fold } from '../fold.ts'
import { fillDraws } from './draws.ts'
import { newGraph } from './graph.ts'
import { lower, named, type Names } from './lower.ts'
import { writeModel } from './proto.ts'

/** Runs a program as one ONNX graph on all cores of this machine. */
export function onnxExecutor({ threads = availableParallelism() }: { threads?: number } = {}): Executor {
  const states = new Map<string, ort.TypedTensor<'float32'>>()
  const sessions: ort.InferenceSession[] = []

  return {
    name: 'onnx',
    device: `${cpus()[0]?.model.trim() ?? 'CPU'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    versions: { 'onnxruntime-node': ort.env.versions.node ?? 'unknown' },
    put: (tensors) => {
      for (const [name, { shape, data }] of tensors) states.set(name, new ort.Tensor('float32', data, shape))
    },
    read: (names) => Promise.resolve(new Map(names.map((name) => [name, weightOf(stateOf(states, name))]))),
    compile: async (program) => {
      const { bytes, places } = build(program)
      const session = await ort.InferenceSession.create(bytes, {
        intraOpNumThreads: threads,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        extra: { session: { set_denormal_as_zero: '1' } },
      })
      sessions.push(session)
      return runner({ program, session, places, states })
    },
    close: async () => {
      for (const session of sessions.splice(0)) await session.release()
    },
  }
}

/** A place that draws a mask, and the shapes of its two vectors. */
interface Place {
  place: number
  rows: readonly number[]
  columns: readonly number[]
}

/** What a state is called when it leaves the graph: ONNX wants another name than at the entry. */
const NEXT = 'next.'

function build(program: Program): { bytes: Uint8Array; places: Place[] } {
  const graph = newGraph()
  const names: Names = new Map()
  const places: Place[] = []
  const axes = (shape: readonly number[]) => shape.map((length) => program.symbols.get(length) ?? length)
  for (const { name, value } of program.inputs) {
    names.set(value.id, graph.input({ name, shape: axes(value.shape), element: value.dtype }))
  }
  const draws = (place: number, rowShape: readonly number[], columns: number) => {
    places.push({ place, rows: rowShape, columns: [columns] })
    return {
      rows: graph.input({ name: drawName(place, 'rows'), shape: axes(rowShape), element: 'int32' }),
      columns: graph.input({ name: drawName(place, 'columns'), shape: axes([columns]), element: 'int32' }),
    }
  }
  lower({ program: fold(program), graph, names, draws })
  for (const { name, kind, value } of program.outputs) {
    const leaves = { name: kind === 'state' ? NEXT + name : name, shape: axes(value.shape), element: value.dtype }
    graph.output(leaves, named(names, value.id))
  }
  return { bytes: writeModel(graph.model()), places }
}

function drawName(place: number, axis: 'rows' | 'columns'): string {
  return `dropout.${place}.${axis}`
}

function runner({
  program,
  session,
  places,
  states,
}: {
  program: Program
  session: ort.InferenceSession
  places: readonly Place[]
  states: ReadonlyMap<string, ort.TypedTensor<'float32'>>
}): Compiled {
  const results = program.outputs.filter(({ kind }) => kind === 'feed')
  return async ({ feeds, sizes, dropout }) => {
    const open = new Map([...program.symbols].map(([length, name]) => [length, sizes[name] ?? 0]))
    const shapeOf = (shape: readonly number[]) => shape.map((length) => open.get(length) ?? length)

    const given: Record<string, ort.Tensor> = {}
    for (const port of program.inputs) {
      given[port.name] =
        port.kind === 'state' ? stateOf(states, port.name) : feedOf(port, feeds, shapeOf(port.value.shape))
    }
    for (const { place, ...vectors } of places) {
      for (const axis of ['rows', 'columns'] as const) {
        const shape = shapeOf(vectors[axis])
        const values = new Int32Array(shape.reduce((product, length) => product * length, 1))
        fillDraws(values, { ...dropout, place: 2 * place + (axis === 'rows' ? 0 : 1) })
        given[drawName(place, axis)] = new ort.Tensor('int32', values, shape)
      }
    }

    // The same tensor is given and fetched, so that a state is overwritten where it lies. Every reader of the old
    // values stands before the writer: the update needs the norm of all gradients, which need all forward reads.
    const fetched: Record<string, ort.Tensor | null> = {}
    for (const { name, kind } of program.outputs)
      fetched[kind === 'state' ? NEXT + name : name] = kind === 'state' ? stateOf(states, name) : null

    const made = await session.run(given, fetched)
    return Object.fromEntries(results.map(({ name }) => [name, (made[name] as ort.TypedTensor<'float32'>).data]))
  }
}

function feedOf(
  { name, value }: Port,
  feeds: Readonly<Record<string, Float32Array | Int32Array>>,
  shape: number[],
): ort.Tensor {
  const values = feeds[name]
  if (!values) throw new Error(`The program wants a feed \`${name}\``)
  return new ort.Tensor(value.dtype as 'float32' | 'int32', values as never, shape)
}

function stateOf(states: ReadonlyMap<string, ort.TypedTensor<'float32'>>, name: string): ort.TypedTensor<'float32'> {
  const state = states.get(name)
  if (!state) throw new Error(`There is no state \`${name}\``)
  return state
}

function weightOf(tensor: ort.TypedTensor<'float32'>): Weight {
  return { shape: tensor.dims, data: tensor.data }
}
