import type { Weight } from '../../../safetensors.ts'
import { count } from '../lower/step.ts'
import { roundUp } from '../plan/arena.ts'
import type { Address, Device } from './device.ts'

/** A tensor that stays on the device. */
interface State {
  address: Address
  shape: readonly number[]
  /** Elements that there is room for: a state with an open axis is padded as everything else is. */
  room: number
}

/** The states of the executor in memory of the device, 32-bit floats each. */
export interface States {
  /** Throws where there is none of that name. */
  addressOf: (name: string) => Address
  put: (name: string, weight: Weight) => void
  clear: (name: string, shape: readonly number[]) => void
  /** Into arrays of `into`, where there are some of that name and size. Waits for what was asked before. */
  read: (names: readonly string[], into?: ReadonlyMap<string, Weight>) => Promise<Map<string, Weight>>
  /** Gives states as much room as a plan wants, in elements: zeros behind what is there. */
  makeRoom: (wanted: ReadonlyMap<string, number>) => void
}

export function statesOn({ device, forget }: { device: Device; forget: (address: Address) => void }): States {
  const states = new Map<string, State>()

  const stateOf = (name: string): State => {
    const state = states.get(name)
    if (!state) throw new Error(`There is no state \`${name}\``)
    return state
  }
  const allocate = (elements: number) => device.allocate(roundUp(elements * 4 + 64))

  /** Room for a state of this shape, where it was if that is enough; what is in it is not said. */
  const placeFor = (name: string, shape: readonly number[]): State => {
    const known = states.get(name)
    const room = Math.max(known?.room ?? 0, count(shape))
    let address = known?.address
    if (address === undefined || room > (known?.room ?? 0)) {
      if (address !== undefined) forget(address)
      address = allocate(room)
    }
    const state = { address, shape, room }
    states.set(name, state)
    return state
  }

  return {
    addressOf: (name) => stateOf(name).address,
    put: (name, { shape, data }) => {
      const { address, room } = placeFor(name, shape)
      if (room > data.length) device.clear(address, room * 4)
      device.write(address, data)
    },
    clear: (name, shape) => {
      const { address, room } = placeFor(name, shape)
      device.clear(address, room * 4)
    },
    read: async (names, into) => {
      const result = new Map<string, Weight>()
      for (const name of names) {
        const { address, shape } = stateOf(name)
        const given = into?.get(name)?.data
        const data = given?.length === count(shape) ? given : new Float32Array(count(shape))
        await device.read(address, data)
        result.set(name, { shape, data })
      }
      return result
    },
    makeRoom: (wanted) => {
      for (const [name, elements] of wanted) {
        const state = stateOf(name)
        if (state.room >= elements) continue
        const address = allocate(elements)
        device.clear(address, elements * 4)
        device.copy(state.address, address, state.room * 4)
        forget(state.address)
        state.address = address
        state.room = elements
      }
    },
  }
}
