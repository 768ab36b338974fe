import { BYTES, count, type Step } from '../lower/step.ts'

/** Beginnings are multiples of this, and as much is left free at the end: loads may read past a tensor. */
export const ALIGNMENT = 512

/** Which steps a launch reads or writes. */
export type Touched = readonly Step[]

/** Where steps lie in the arena, in bytes, and how large it is. */
export interface Arena {
  offsets: ReadonlyMap<Step, number>
  bytes: number
}

/** The step whose memory a step is a part of: itself, or a join; null where the executor holds it. */
export function ownerOf(step: Step): Step | null {
  if (step.kind === 'input' || step.kind === 'literal') return null
  if (step.home?.kind === 'inside') return ownerOf(step.home.step)
  return step.home === null ? step : null
}

/** Gives every step a place for as long as launches use it, the smallest gap that fits. */
export function planArena(launches: readonly Touched[]): Arena {
  const lives = new Map<Step, { from: number; to: number }>()
  launches.forEach((touched, i) => {
    for (const step of touched) {
      const owner = ownerOf(step)
      if (!owner) continue
      const life = lives.get(owner)
      if (life) life.to = i
      else lives.set(owner, { from: i, to: i })
    }
  })
  const offsets = new Map<Step, number>()
  const gaps: { at: number; size: number }[] = []
  let end = 0
  const take = (size: number): number => {
    const best = gaps.filter((gap) => gap.size >= size).sort((a, b) => a.size - b.size)[0]
    if (!best) {
      // A gap at the end can grow.
      const last = gaps.find((gap) => gap.at + gap.size === end)
      const at = last ? last.at : end
      if (last) gaps.splice(gaps.indexOf(last), 1)
      end = at + size
      return at
    }
    const { at } = best
    best.at += size
    best.size -= size
    if (best.size === 0) gaps.splice(gaps.indexOf(best), 1)
    return at
  }
  const giveBack = (at: number, size: number): void => {
    const gap = { at, size }
    for (const other of [...gaps]) {
      if (other.at + other.size !== gap.at && gap.at + gap.size !== other.at) continue
      gap.at = Math.min(gap.at, other.at)
      gap.size += other.size
      gaps.splice(gaps.indexOf(other), 1)
    }
    gaps.push(gap)
  }

  const sizeOf = (step: Step) => roundUp(count(step.shape) * BYTES[step.element] + 64)
  const starting = new Map<number, Step[]>()
  const ending = new Map<number, Step[]>()
  for (const [step, { from, to }] of lives) {
    starting.set(from, [...(starting.get(from) ?? []), step])
    ending.set(to, [...(ending.get(to) ?? []), step])
  }
  for (let i = 0; i < launches.length; i++) {
    for (const step of starting.get(i) ?? []) offsets.set(step, take(sizeOf(step)))
    for (const step of ending.get(i) ?? []) giveBack(offsets.get(step) ?? 0, sizeOf(step))
  }
  return { offsets, bytes: end }
}

export function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}
