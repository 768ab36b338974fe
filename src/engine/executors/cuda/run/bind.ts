import type { Argument, KernelLaunch } from '../kernel/kernel.ts'
import { BYTES, type Step, type View } from '../lower/step.ts'
import { ownerOf } from '../plan/arena.ts'
import type { Launch } from '../plan/launch.ts'
import type { Plan } from '../plan/plan.ts'
import type { Address, BoundLaunch } from './device.ts'

/** Where everything lies that a plan speaks of. */
export interface Places {
  state: (name: string) => Address
  copy: (name: string) => Address
  feeds: Address
  results: Address
  arena: Address
  scratch: Address
  counters: Address
  draw: Address
  /** Puts a table into memory of the device. */
  table: (data: ArrayBufferView) => Address
}

/** Gives the launches of a plan their addresses. */
export function bindPlan(plan: Plan, places: Places): BoundLaunch[] {
  const addressOf = (step: Step): Address => {
    if (step.kind === 'input') {
      if (step.from === 'state') return places.state(step.name)
      if (step.from === 'copy') return places.copy(step.name)
      return places.feeds + BigInt(plan.feeds.get(step.name)?.offset ?? 0)
    }
    if (step.home?.kind === 'state') return places.state(step.home.name)
    if (step.home?.kind === 'result') return places.results + BigInt(plan.results.get(step.home.name)?.offset ?? 0)
    if (step.home?.kind === 'inside') return addressOf(step.home.step) + BigInt(step.home.offset * BYTES[step.element])
    const owner = ownerOf(step)
    const offset = owner && plan.arena.offsets.get(owner)
    if (offset === null || offset === undefined) throw new Error(`Step ${step.id} (${step.kind}) has no memory`)
    return places.arena + BigInt(offset)
  }
  const valueOf = (argument: Argument): { value: bigint | number; pointer: boolean } => {
    switch (argument.kind) {
      case 'step':
        return { value: addressOf(argument.step), pointer: true }
      case 'integer':
        return { value: argument.value, pointer: false }
      case 'scratch':
        return { value: places.scratch, pointer: true }
      case 'counters':
        return { value: places.counters, pointer: true }
      case 'draw':
        return { value: places.draw, pointer: true }
    }
  }
  const bindKernel = ({ kernel, grid, threads, arguments: given }: KernelLaunch): BoundLaunch & { kind: 'kernel' } => ({
    kind: 'kernel',
    kernel,
    grid,
    threads,
    arguments: given.map(valueOf),
  })

  const bind = (launch: Launch): BoundLaunch => {
    switch (launch.kind) {
      case 'kernel':
        return bindKernel(launch)
      case 'clear':
        return { kind: 'clear', address: addressOf(launch.step), bytes: launch.bytes }
      case 'many': {
        const width = launch.pieces[0]?.arguments.length ?? 0
        const blocks = launch.pieces.reduce((sum, piece) => sum + piece.blocks, 0)
        const pieceOf = new Int32Array(blocks)
        const table = new BigInt64Array(launch.pieces.length * (width + 1))
        let block = 0
        launch.pieces.forEach((piece, i) => {
          table[i * (width + 1)] = BigInt(block)
          piece.arguments.forEach((argument, at) => {
            table[i * (width + 1) + 1 + at] = BigInt(valueOf(argument).value)
          })
          pieceOf.fill(i, block, block + piece.blocks)
          block += piece.blocks
        })
        const given = [places.table(pieceOf), places.table(table)]
        return {
          kind: 'kernel',
          kernel: launch.kernel,
          grid: [blocks, 1],
          threads: launch.threads,
          arguments: given.map((value) => ({ value, pointer: true })),
        }
      }
      case 'product': {
        const { product } = launch
        const [a, b, bias] = product.inputs as [View, View, View | undefined]
        const at = ({ step, offset }: View) => addressOf(step) + BigInt(offset * BYTES[step.element])
        return {
          kind: 'product',
          matrices: product.matrices,
          elements: { operands: a.step.element, result: product.element },
          a: at(a),
          b: at(b),
          c: addressOf(product),
          bias: bias ? at(bias) : null,
          fallback: bindKernel(launch.fallback),
        }
      }
    }
  }
  return plan.launches.map(bind)
}
