import type { Program } from '../../../tracer/node.ts'
import { fold } from '../../fold.ts'
import type { Sizes } from '../../specialise.ts'
import type { Plan } from '../plan/plan.ts'
import { arenaBytes, type SharedArena } from './arena.ts'
import { outOfMemory, tooManyElements } from './out-of-memory.ts'

/** Whether kernels can count the elements of each tensor: they do so in an int. */
export function isCounted({ mostElements }: Plan): boolean {
  return mostElements < 2 ** 31
}

/**
 * Throws where a plan needs more memory than there is, or more elements than can be counted, with what would fit: the plan of
 * fewer rows, or of less kept.
 */
export async function refuseWhatDoesNotFit({
  plan,
  arena,
  program,
  sizes,
  planOf,
  checkpointed = null,
}: {
  plan: Plan
  arena: SharedArena
  program: Program
  sizes: Sizes
  planOf: (program: Program, sizes: Sizes) => Plan
  /** The same program with gradient checkpointing, where it is without */
  checkpointed?: (() => Promise<Program>) | null
}): Promise<void> {
  const lack = arena.lackOf(plan)
  if (!lack && isCounted(plan)) return
  const free = lack?.free ?? Infinity
  const fits = (other: Program, at: Sizes) => {
    const planned = planOf(other, at)
    return isCounted(planned) && arenaBytes(planned) <= free
  }
  const rows = mostRows(sizes, (fewer) => fits(program, fewer))
  if (!lack) throw tooManyElements({ elements: plan.mostElements, fits: rows })
  throw outOfMemory({
    ...lack,
    fits: rows,
    checkpointed: checkpointed !== null && fits(fold(await checkpointed()), sizes),
  })
}

/** The most rows, halving, that fit; null where not even one does. */
function mostRows(sizes: Sizes, fits: (sizes: Sizes) => boolean): number | null {
  for (let batch = Math.floor((sizes.batch ?? 1) / 2); batch >= 1; batch = Math.floor(batch / 2)) {
    if (fits({ ...sizes, batch })) return batch
  }
  return null
}
