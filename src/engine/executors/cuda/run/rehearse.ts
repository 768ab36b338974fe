import type { Plan } from '../plan/plan.ts'
import { bindPlan } from './bind.ts'
import type { Address, Device } from './device.ts'

/**
 * Records a plan that has no memory yet, one address standing for all, and throws the recording away: cuBLASLt then has
 * chosen its algorithms and loaded them. The kernels must be loaded.
 */
export function rehearse({ plan, device, anywhere }: { plan: Plan; device: Device; anywhere: Address }): void {
  const here = () => anywhere
  const launches = bindPlan(plan, {
    state: here,
    copy: here,
    table: here,
    feeds: anywhere,
    results: anywhere,
    arena: anywhere,
    scratch: anywhere,
    counters: anywhere,
    draw: anywhere,
  })
  // Not what is cleared: a graph that sets memory of nobody is refused.
  device.record(launches.filter(({ kind }) => kind !== 'clear')).close()
}
