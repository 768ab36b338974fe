import { readConfig } from '../config.ts'
import { measure } from '../run/events.ts'
import { METRICS } from '../run/problem-type.ts'
import { collate } from './data/batches.ts'
import type { Example } from './data/tokenize.ts'
import { evaluate, rounded } from './evaluate.ts'
import { type Events, openEvents } from './events.ts'
import { chooseExecutor } from './executors/choose.ts'
import { exitCode, failureOf, notFinite } from './failure.ts'
import { startHeartbeat } from './heartbeat.ts'
import { startLearner } from './learner.ts'
import { epochOrder } from './order.ts'
import { type Due, dueAfterEpoch, dueAfterStep, planOf, updatesOf } from './plan.ts'
import { prepare } from './prepare.ts'
import { readRunFile } from './read-run.ts'
import { bestSoFar, finish, loadBest, type Place, saveCheckpoint, type Work } from './save.ts'
import { rateAt } from './schedule.ts'
import { type Stop, watchForStop } from './stop.ts'
import { flopTally, lossTally } from './tally.ts'
import { watchForTrouble } from './warnings.ts'

/**
 * The engine: does what `run.json` of a run folder says, tells `events.jsonl`, leaves checkpoints and `model/`.
 * Resolves with the exit code (exit-codes.ts). Aborting `signal` stops and saves, as SIGTERM does.
 */
export async function train({
  folder,
  signal = new AbortController().signal,
  env = process.env,
}: {
  folder: string
  signal?: AbortSignal
  env?: Readonly<Record<string, string | undefined>>
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
    const { executor, event } = await chooseExecutor({ wanted: readConfig(env).executor })
    events.emit(event)
    try {
      const prepared = await prepare({ run, events, stop })
      events.emit({ type: 'phase', phase: 'preparing', detail: 'compiling the training step' })
      const { trained, weights, vocabulary } = prepared
      const learner = await startLearner({ executor, model: trained, args: run.spec.args, weights, vocabulary })
      await fineTune({ folder, run, events, prepared, learner }, stop)
    } finally {
      await executor.close()
    }
    return exitCode('ok')
  } catch (error) {
    return tellFailure(events, error)
  } finally {
    stop.close()
    events.close()
  }
}

/** The loop, in the order in which it happens. */
async function fineTune(work: Work, stop: Stop): Promise<void> {
  const { run, events, prepared, learner } = work
  const { args } = run.spec
  const { problem } = prepared
  const plan = planOf({ rows: prepared.train.length, args })
  const seed = args.data_seed ?? args.seed
  const follow = follower(work)
  const losses = lossTally()
  const flops = flopTally(prepared.model)
  const started = performance.now()
  const place: Place = { step: 0, epoch: 0, order: { seed, epoch: 0, position: 0 }, learning_rate: 0, total_flos: 0 }
  let enough = false
  const isOver = () => place.step >= plan.totalSteps || enough

  events.emit({
    type: 'plan',
    total_steps: plan.totalSteps,
    steps_per_epoch: plan.stepsPerEpoch,
    parameters: [...prepared.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    unused_weights: prepared.unused,
    new_weights: prepared.fresh,
  })
  if (args.eval_on_start) await follow.evaluate(place)
  events.emit({ type: 'phase', phase: 'running' })

  let asked = stop.asked()
  for (let epoch = 0; !isOver() && !asked; epoch++) {
    let read = 0 // batches of this epoch
    let last = { grad_norm: NaN, learning_rate: NaN }
    for (const rows of updatesOf(epochOrder({ n: prepared.train.length, seed, epoch }), args)) {
      asked = stop.asked()
      if (asked) break
      const batches = rows.map((each) => collate({ examples: at(prepared.train, each), problem, ...prepared.padding }))
      const learning_rate = rateAt(place.step, plan.totalSteps, args)
      // The one place that waits for the executor.
      const { loss, gradNorm } = await learner.step({ batches, update: place.step, learning_rate })

      read += batches.length
      losses.add(loss)
      flops.add(batches)
      last = { grad_norm: gradNorm, learning_rate }
      place.step++
      place.epoch = epoch + read / plan.batchesPerEpoch
      place.order = { seed, epoch, position: Math.min(read * args.per_device_train_batch_size, prepared.train.length) }
      place.learning_rate = rateAt(place.step, plan.totalSteps, args)
      place.total_flos = flops.total()
      if (!Number.isFinite(loss + gradNorm)) throw notFinite({ ...place, loss, learning_rate, args })

      follow.heartbeat(place, batches)
      enough = await follow.due(dueAfterStep(place.step, plan, args), place, losses, last)
      if (isOver()) break
    }
    // As Trainer does after an epoch that was cut short too, unless somebody waits for the run to stop.
    if (!asked) enough = (await follow.due(dueAfterEpoch(args), place, losses, last)) || enough
  }

  const seconds = (performance.now() - started) / 1000
  const ending = {
    step: place.step,
    epoch: place.epoch,
    train_runtime: rounded(seconds, 4),
    train_samples_per_second: rounded(plan.samples / seconds, 3),
    train_steps_per_second: rounded(plan.totalSteps / seconds, 3),
    train_loss: measure(losses.mean(place.step)),
    total_flos: flops.total(),
  }
  if (asked) {
    const checkpoint = await follow.save(place)
    await finish(work, { type: 'stopped', ...ending, by: asked.by, checkpoint })
  } else {
    const best_step = args.load_best_model_at_end ? await loadBest(work) : null
    await finish(work, { type: 'done', ...ending, best_step, metrics: metricsOf(work, best_step) })
  }
}

/** What comes between updates: log, evaluate, save, in Trainer's order. */
function follower(work: Work) {
  const { run, events, prepared, learner } = work
  const { args } = run.spec
  const heartbeat = startHeartbeat({ events })
  const trouble = watchForTrouble({
    problem: prepared.problem,
    warn: (warning) => events.emit({ type: 'warning', ...warning }),
  })

  /** Gives whether early stopping has seen enough. */
  const evaluateNow = async ({ step, epoch }: Place): Promise<boolean> => {
    if (prepared.eval.length === 0) return false
    events.emit({ type: 'phase', phase: 'evaluating' })
    const row = await evaluate({
      learner,
      examples: prepared.eval,
      problem: prepared.problem,
      batchSize: args.per_device_eval_batch_size,
      padding: prepared.padding,
      afterBatch: (rows) => heartbeat.turn(step, rows),
    })
    events.emit({ type: 'eval', step, epoch, ...row })
    trouble.evaluated({ step, eval_loss: row.eval_loss })
    const patience = args.early_stopping_patience
    return patience !== null && (bestSoFar(work)?.without_improvement ?? 0) >= patience
  }

  const save = (place: Place): Promise<string> => {
    events.emit({ type: 'phase', phase: 'saving' })
    heartbeat.now(place.step)
    return saveCheckpoint(work, place)
  }

  return {
    save,
    evaluate: evaluateNow,
    heartbeat: ({ step }: Place, batches: readonly { size: number }[]) =>
      heartbeat.turn(
        step,
        batches.reduce((rows, { size }) => rows + size, 0),
      ),
    due: async (
      due: Due,
      place: Place,
      losses: ReturnType<typeof lossTally>,
      last: { grad_norm: number; learning_rate: number },
    ): Promise<boolean> => {
      const { step, epoch } = place
      if (due.log && losses.hasSteps()) {
        const row = { step, epoch, loss: measure(losses.take()), grad_norm: measure(last.grad_norm) }
        events.emit({ type: 'log', ...row, learning_rate: last.learning_rate })
        trouble.logged(row)
      }
      const enough = due.evaluate ? await evaluateNow(place) : false
      if (due.save) await save(place)
      if (due.evaluate || due.save) events.emit({ type: 'phase', phase: 'running' })
      return enough
    },
  }
}

/** The metrics of the model that is kept: of its own evaluation, or of the last one. */
function metricsOf({ events, prepared }: Work, best_step: number | null): Record<string, number> {
  const { evaluations } = events.view()
  const row = evaluations.find(({ step }) => step === best_step) ?? evaluations.at(-1)
  if (!row) return {}
  const names = ['loss', ...METRICS[prepared.problem.type]].map((name) => `eval_${name}`)
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = (row as Record<string, unknown>)[name]
      return typeof value === 'number' ? [[name, value]] : []
    }),
  )
}

function at(examples: readonly Example[], places: Uint32Array): Example[] {
  return Array.from(places, (place) => examples[place]).filter((example) => example !== undefined)
}

function tellFailure(events: Events, error: unknown): number {
  const { exit, ...failure } = failureOf(error)
  process.stderr.write(`${failure.trace}\n`)
  try {
    events.emit({ type: 'failed', step: events.view().step, ...failure })
  } catch (unwritten) {
    process.stderr.write(`The failure could not be written either: ${(unwritten as Error).message}\n`)
  }
  return exitCode(exit)
}
