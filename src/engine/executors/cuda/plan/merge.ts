import type { FlatGroup } from '../emit/flat.ts'
import type { Group, Unit } from '../fuse/unit.ts'
import type { KernelLaunch } from '../kernel/kernel.ts'

/** Equal flat kernels of one level, which do not need each other, become one launch. */
export function together(units: readonly Unit[], emit: (group: Group) => KernelLaunch | FlatGroup): Unit[] {
  const alike = new Map<string, { level: number; groups: Group[] }>()
  const result: Unit[] = []
  for (const unit of units) {
    const emitted = unit.kind === 'group' && unit.sums.length === 0 ? emit(unit) : null
    if (unit.kind !== 'group' || emitted?.kind !== 'flat') {
      result.push(unit)
      continue
    }
    const key = `${unit.level} ${JSON.stringify(emitted.parameters)} ${emitted.body}`
    const known = alike.get(key)
    if (known) known.groups.push(unit)
    else alike.set(key, { level: unit.level, groups: [unit] })
  }
  return [...result, ...[...alike.values()].map((many): Unit => ({ kind: 'many', ...many }))]
}
