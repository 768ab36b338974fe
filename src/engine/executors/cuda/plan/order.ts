import type { Unit } from '../fuse/unit.ts'
import type { Step } from '../lower/step.ts'

/** What a unit makes. */
export function madeBy(unit: Unit): readonly Step[] {
  switch (unit.kind) {
    case 'group':
      return [...unit.stores, ...unit.sums]
    case 'squares':
      return unit.steps
    case 'columns':
      return unit.sums
    case 'many':
      return unit.groups.flatMap(({ stores }) => [...stores])
    case 'single':
      return unit.step.kind === 'attend' && unit.step.beside ? [unit.step, unit.step.beside] : [unit.step]
  }
}

/** The stored steps that a unit reads from memory. */
export function readBy(unit: Unit, stored: ReadonlySet<Step>): Step[] {
  const outside = (steps: readonly Step[], own: ReadonlySet<Step>) =>
    steps.flatMap(({ inputs }) => inputs.map(({ step }) => step)).filter((step) => stored.has(step) && !own.has(step))
  switch (unit.kind) {
    case 'group':
      return outside(unit.steps, new Set(unit.steps))
    case 'many':
      return unit.groups.flatMap((group) => outside(group.steps, new Set(group.steps)))
    case 'columns':
      return outside([...unit.steps, ...unit.sums], new Set(unit.steps))
    case 'squares':
    case 'single':
      return outside(madeBy(unit), new Set())
  }
}

/** Sorts units so that each comes after what it reads, and a state is written after all have read it. */
export function sorted(units: readonly Unit[], steps: readonly Step[], stored: ReadonlySet<Step>): Unit[] {
  const position = new Map(steps.map((step, i) => [step, i]))
  const makers = new Map<Step, Unit>()
  for (const unit of units) for (const step of madeBy(unit)) if (stored.has(step)) makers.set(step, unit)
  const needs = new Map<Unit, Set<Unit>>(units.map((unit) => [unit, new Set()]))
  const readersOfState = new Map<string, Unit[]>()
  for (const unit of units) {
    for (const step of readBy(unit, stored)) {
      const maker = makers.get(step)
      if (maker && maker !== unit) needs.get(unit)?.add(maker)
      if (step.kind === 'input' && step.from !== 'feed') {
        for (const { name } of step.parts.length === 0 ? [step] : step.parts) {
          readersOfState.set(name, [...(readersOfState.get(name) ?? []), unit])
        }
      }
    }
  }
  for (const [step, unit] of makers) {
    if (step.home?.kind !== 'state') continue
    for (const reader of readersOfState.get(step.home.name) ?? []) {
      if (reader !== unit) needs.get(unit)?.add(reader)
    }
  }

  const first = (unit: Unit) => Math.max(...madeBy(unit).map((step) => position.get(step) ?? 0))
  const waiting = [...units].sort((a, b) => first(a) - first(b))
  const result: Unit[] = []
  const done = new Set<Unit>()
  while (waiting.length > 0) {
    const next = waiting.findIndex((unit) => [...(needs.get(unit) ?? [])].every((need) => done.has(need)))
    if (next < 0) throw new Error('Kernels wait for each other')
    const [unit] = waiting.splice(next, 1) as [Unit]
    done.add(unit)
    result.push(unit)
  }
  return result
}
