import type { ShownMessage } from '../protocol.ts'

/** Bit fields whose enums have no name for "nothing". */
export const NO_FLAGS: unknown = 0

export function hasFlag({ flags }: { flags?: number }, flag: number): boolean {
  return ((flags ?? 0) & flag) !== 0
}

export function setFlags(message: ShownMessage, flags: number): void {
  Object.assign(message, { flags })
}
