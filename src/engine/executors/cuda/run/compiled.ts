import type { Program } from '../../../tracer/node.ts'
import type { Compiled } from '../../executor.ts'
import { fold } from '../../fold.ts'
import type { Sizes } from '../../specialise.ts'
import { bucketOf } from './buckets.ts'
import { resultsOf } from './feeds.ts'
import type { Queue } from './queue.ts'
import { type Shared, type Specialisation, specialisationOf, start } from './specialisation.ts'

/** A program that is compiled for sizes when it is first run at them. */
export function compiledProgram({
  program,
  shared,
  queue,
}: {
  program: Program
  shared: Shared
  queue: Queue
}): Compiled {
  const folded = fold(program)
  const known = new Map<string, Specialisation>()
  const keyOf = (sizes: Sizes) => JSON.stringify(sizes)

  const ready = async (sizes: Sizes, checkpointed?: () => Promise<Program>): Promise<Specialisation> => {
    const made = known.get(keyOf(sizes)) ?? (await specialisationOf({ program: folded, sizes, checkpointed, shared }))
    known.set(keyOf(sizes), made)
    return made
  }
  let words: number | null = null
  const knownBatches = () => [...known.values()].map(({ sizes }) => sizes.batch ?? 0)

  const compiled: Compiled = async (run) => {
    const sizes = bucketOf(run.sizes, { batches: knownBatches(), words })
    const at = known.get(keyOf(sizes))
    // What is ready starts before this returns, so that a caller who does not wait keeps the device busy.
    if (at && queue.isFree()) {
      return resultsOf(program, at.plan, await start({ program, made: at, run }, shared), run.sizes)
    }
    const { made, done } = await queue.inTurn(async () => {
      const made = await ready(sizes)
      return { made, done: start({ program, made, run }, shared) }
    })
    return resultsOf(program, made.plan, await done, run.sizes)
  }
  compiled.reserve = async (sizes, checkpointed) => {
    const most = bucketOf(sizes)
    await queue.inTurn(() => ready(most, checkpointed))
    words = most.words ?? null
  }
  return compiled
}
