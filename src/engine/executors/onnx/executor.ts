import { availableParallelism, cpus } from 'node:os'
import type { Program } from '../../tracer/node.ts'
import type { Weight } from '../../safetensors.ts'
import type { Compiled, Executor, Feeds } from '../executor.ts'
import { fold } from '../fold.ts'
import { fillDraws } from './draws.ts'
import { newGraph } from './graph.ts'
import { lower, named, type Names } from './lower.ts'
import { writeModel } from './proto.ts'
import { loadRuntime, type Session, type Tensor } from './runtime.ts'

/** Runs a program as one ONNX graph on all cores of this machine. */
export function onnxExecutor({ threads = availableParallelism() }: { threads?: number } = {}): Executor {
  const runtime = loadRuntime()
  const states = new Map<string, Weight>()
  const sessions: Session[] = []
  /** Runs write states in place: each waits for the one before, whatever its program. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(run: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(run)
    last = turn.catch(() => undefined)
    return turn
  }

  return {
    name: 'onnx',
    device: `${cpus()[0]?.model.trim() ?? 'CPU'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    versions: { onnxruntime: runtime.version },
    put: (tensors) => {
      for (const [name, { shape, data }] of tensors) states.set(name, { shape, data })
    },
    read: (names) => inTurn(() => Promise.resolve(new Map(names.map((name) => [name, stateOf(states, name)])))),
    compile: (program) => {
      const { bytes, places } = build(program)
      const session = runtime.open({ model: bytes, threads })
      sessions.push(session)
      return Promise.resolve(runner({ program, session, places, states, inTurn }))
    },
    close: async () => {
      await last
      for (const session of sessions.splice(0)) session.close()
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
    const names = { rows: drawName(place, 'rows'), columns: drawName(place, 'columns') }
    if (!places.some((known) => known.place === place)) {
      places.push({ place, rows: rowShape, columns: [columns] })
      graph.input({ name: names.rows, shape: axes(rowShape), element: 'int32' })
      graph.input({ name: names.columns, shape: axes([columns]), element: 'int32' })
    }
    return names
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
  inTurn,
}: {
  program: Program
  session: Session
  places: readonly Place[]
  states: ReadonlyMap<string, Weight>
  inTurn: <Result>(run: () => Promise<Result>) => Promise<Result>
}): Compiled {
  return async ({ feeds, sizes, dropout }) => {
    const open = new Map([...program.symbols].map(([length, name]) => [length, sizes[name] ?? 0]))
    const shapeOf = (shape: readonly number[]) => shape.map((length) => open.get(length) ?? length)

    const inputs = new Map<string, Tensor>()
    for (const { name, kind, value } of program.inputs) {
      inputs.set(name, kind === 'state' ? stateOf(states, name) : feedOf(name, feeds, shapeOf(value.shape)))
    }
    for (const { place, ...vectors } of places) {
      for (const axis of ['rows', 'columns'] as const) {
        const shape = shapeOf(vectors[axis])
        const data = new Int32Array(sizeOf(shape))
        fillDraws(data, { ...dropout, place: 2 * place + (axis === 'rows' ? 0 : 1) })
        inputs.set(drawName(place, axis), { data, shape })
      }
    }

    // The same array is given and taken, so that a state is overwritten where it lies. Every reader of the old values
    // stands before the writer: the update needs the norm of all gradients, which need all forward reads.
    const outputs = new Map<string, Tensor>()
    const results: Record<string, Float32Array> = {}
    for (const { name, kind, value } of program.outputs) {
      if (kind === 'state') outputs.set(NEXT + name, stateOf(states, name))
      else {
        const shape = shapeOf(value.shape)
        const data = (results[name] = new Float32Array(sizeOf(shape)))
        outputs.set(name, { data, shape })
      }
    }
    await inTurn(() => session.run({ inputs, outputs }))
    return results
  }
}

function feedOf(name: string, feeds: Feeds, shape: readonly number[]): Tensor {
  const data = feeds[name]
  if (!data) throw new Error(`The program wants a feed \`${name}\``)
  return { data, shape }
}

function stateOf(states: ReadonlyMap<string, Weight>, name: string): Weight {
  const state = states.get(name)
  if (!state) throw new Error(`There is no state \`${name}\``)
  return state
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
