import { readConfig } from '../config.ts'
import { betweenUpdates } from './between-updates.ts'
import type { TrainingState } from './checkpoint.ts'
import { collate, largestBatch } from './data/batches.ts'
import type { Example } from './data/tokenize.ts'
import { type Events, openEvents } from './events.ts'
import { chooseExecutor } from './executors/choose.ts'
import type { Executor } from './executors/executor.ts'
import { precisionOf } from './executors/precision.ts'
import { exitCode, notFinite } from './failure.ts'
import { inFlight } from './in-flight.ts'
import { endRow, keptMetrics } from './last-words.ts'
import { foreseeLearner, startLearner } from './learner.ts'
import { epochOrder } from './order.ts'
import { moveOn, placeAtStart } from './place.ts'
import { dueAfterEpoch, dueAfterStep, isAnythingDue, planOf, updatesOf } from './plan.ts'
import { prepare, progressInto } from './prepare.ts'
import { type Reading, startReading } from './read.ts'
import { readRunFile } from './read-run.ts'
import { resume } from './resume.ts'
import { finish, loadBest, type Work } from './save.ts'
import { rateAt } from './schedule.ts'
import { type Stop, type StopRequest, watchForStop } from './stop.ts'
import { flopTally, lossTally } from './tally.ts'
import { tellFailure } from './tell-failure.ts'

/**
 * The engine: does what `run.json` of a run folder says, tells `events.jsonl`, leaves checkpoints and `model/`.
 * Resolves with the exit code (exit-codes.ts). Aborting `signal` stops and saves, as SIGTERM does.
 */
export async function train({
  folder,
  signal = new AbortController().signal,
  env = process.env,
  choose = chooseExecutor,
}: {
  folder: string
  signal?: AbortSignal
  env?: Readonly<Record<string, string | undefined>>
  choose?: typeof chooseExecutor
}): Promise<number> {
  let events: Events
  try {
    events = openEvents({ folder })
  } catch (error) {
    process.stderr.write(`Nothing can be written in \`${folder}\`: ${(error as Error).message}\n`)
    return exitCode('usage')
  }
  const stop = watchForStop({ folder, signal })
  try {
    const run = await readRunFile(folder)
    const choosing = choose({ wanted: readConfig(env).executor, precision: precisionOf(run.spec.args) })
    // While the executor opens, which takes a GPU half a second.
    const reading = startReading({ run, stop, progress: progressInto(events, choosing) })
    try {
      const { executor, event } = await choosing
      events.emit(event)
      await trainOn(executor, { folder, run, events, stop, reading }).finally(() => executor.close())
    } finally {
      await reading.close()
    }
    return exitCode('ok')
  } catch (error) {
    return tellFailure(events, error)
  } finally {
    stop.close()
    events.close()
  }
}

/** Prepares what was read, starts the learner, and goes on where an earlier run stood. */
async function trainOn(
  executor: Executor,
  { folder, run, events, stop, reading }: Pick<Work, 'folder' | 'run' | 'events'> & { stop: Stop; reading: Reading },
): Promise<void> {
  const { args } = run.spec
  const prepared = await prepare({
    run,
    events,
    reading,
    foresee: (model) => foreseeLearner({ executor, model, args }),
  })
  events.emit({ type: 'phase', phase: 'preparing', detail: 'compiling the training step' })
  const begun = performance.now()
  const { trained, weights, vocabulary } = prepared
  const largest = largestBatch({
    examples: prepared.train,
    rows: args.per_device_train_batch_size,
    pad_to_multiple_of: prepared.padding.pad_to_multiple_of,
  })
  const learner = await startLearner({ executor, model: trained, args, weights, vocabulary, largest })
  const seconds = Number(((performance.now() - begun) / 1000).toFixed(3))
  events.emit({ type: 'compiled', seconds, ...(executor.kernels && { kernels: executor.kernels() }) })
  const from = await resume({ folder, run, events, prepared, learner })
  await fineTune({ folder, run, events, prepared, learner, ahead: executor.ahead ?? 1 }, { stop, from })
}

/** The loop, in the order in which it happens. It goes on where a checkpoint was written, if there is one (`from`). */
async function fineTune(work: Work, { stop, from }: { stop: Stop; from: TrainingState | null }): Promise<void> {
  const { run, events, prepared, learner } = work
  const { args } = run.spec
  const { train: rows, problem, padding } = prepared
  const plan = planOf({ rows: rows.length, args })
  const losses = lossTally(from?.losses)
  const flops = flopTally(prepared.model, from?.tokens)
  const place = placeAtStart({ from, plan, args, flops })
  const between = betweenUpdates({ work, stop, losses })
  const updates = inFlight({ most: work.ahead })
  const started = performance.now()
  let asked: StopRequest | null = null
  let enough = between.hasSeenEnough()
  /** After so many updates: one that overflows is not among them. */
  const learning_rate = (taken: number) => rateAt(taken, plan.totalSteps, args)
  const isOver = () => place.step >= plan.totalSteps || enough

  events.emit({
    type: 'plan',
    total_steps: plan.totalSteps,
    steps_per_epoch: plan.stepsPerEpoch,
    parameters: [...prepared.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    unused_weights: prepared.unused,
    new_weights: prepared.fresh,
  })
  events.emit({ type: 'phase', phase: 'running' })
  if (place.owed) ({ enough, asked } = await between.due(place.owed, place))

  // An epoch that was begun is brought to its end, even when no update is left to make.
  while (!asked && (place.order.position > 0 || !isOver())) {
    const { seed, epoch, position } = place.order
    for (const parts of updatesOf(epochOrder({ n: rows.length, seed, epoch }).subarray(position), args)) {
      if (isOver()) break
      asked = stop.asked()
      if (asked) break
      const batches = parts.map((part) => collate({ examples: at(rows, part), problem, ...padding }))
      const update = learner.step({ batches, update: place.step, learning_rate })

      // The update is only asked for; the place is where it will lead.
      const size = batches.reduce((sum, batch) => sum + batch.size, 0)
      flops.add(batches)
      moveOn(place, { rows: size, plan, args, flops })
      const { step } = place
      const arrived = update.then(({ loss, gradNorm, learning_rate: rate, skipped, taken }) => {
        if (!Number.isFinite(skipped ? loss : loss + gradNorm))
          throw notFinite({ step, loss, learning_rate: rate, args })
        losses.add(loss)
        place.last = { grad_norm: gradNorm, learning_rate: rate }
        place.scheduler = { last_step: taken, learning_rate: learning_rate(taken) }
        between.heartbeat(step, size)
      })
      await updates.add(arrived) // waits when as many are on their way as the executor may be ahead

      const due = dueAfterStep(place.step, plan, args)
      if (!isAnythingDue(due)) continue
      await updates.settled() // waits until all have arrived
      ;({ enough, asked } = await between.due(due, place))
    }
    await updates.settled()
    if (asked) break

    // As Trainer does after an epoch that was cut short too.
    place.order = { seed, epoch: epoch + 1, position: 0 }
    const after = await between.due(dueAfterEpoch(args), place)
    enough ||= after.enough
    asked = after.asked
  }

  const seconds = (performance.now() - started) / 1000
  const row = endRow({ place, plan, from: from?.step ?? 0, losses, seconds })
  if (asked) {
    const checkpoint = await between.save(place)
    await finish(work, { type: 'stopped', ...row, by: asked.by, checkpoint })
  } else {
    const best_step = args.load_best_model_at_end ? await loadBest(work) : null
    await finish(work, { type: 'done', ...row, best_step, metrics: keptMetrics(work, best_step) })
  }
}

function at(examples: readonly Example[], places: Uint32Array): Example[] {
  return Array.from(places, (place) => examples[place]).filter((example) => example !== undefined)
}
