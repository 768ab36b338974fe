import { join } from 'node:path'
import { readConfig } from '../config.ts'
import { measure, type NewEvent } from '../run/events.ts'
import { RUN_FOLDER, type RunFile } from '../run/run-file.ts'
import { pruneCheckpoints, writeCheckpoint } from './checkpoint.ts'
import { collate } from './data/batches.ts'
import type { Example } from './data/tokenize.ts'
import { evaluate, rounded } from './evaluate.ts'
import { type Events, openEvents } from './events.ts'
import { chooseExecutor } from './executors/choose.ts'
import { configJson } from './export/config-json.ts'
import { writeModelFolder } from './export/model-folder.ts'
import { exportOnnx } from './export/onnx-model.ts'
import { exitCode, failureOf, RunFailure } from './failure.ts'
import { startHeartbeat } from './heartbeat.ts'
import { type Learner, startLearner } from './learner.ts'
import { epochOrder } from './order.ts'
import { type Due, dueAfterEpoch, dueAfterStep, planOf, updatesOf } from './plan.ts'
import { prepare, type Prepared } from './prepare.ts'
import { readRunFile } from './read-run.ts'
import { readSafetensors } from './safetensors.ts'
import { rateAt } from './schedule.ts'
import { type StopRequest, watchForStop } from './stop.ts'
import { bestEvaluation, trainerState, trainerStateJson } from './trainer-state.ts'
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
    process.stderr.write(`No run can be told in \`${folder}\`: ${(error as Error).message}\n`)
    return exitCode('usage')
  }
  const stop = watchForStop({ folder, signal })
  try {
    const run = await readRunFile(folder)
    const { executor, event } = await chooseExecutor({ wanted: readConfig(env).executor })
    events.emit(event)
    try {
      const prepared = await prepare({ run, events, signal: new AbortController().signal })
      const { trained, weights, vocabulary } = prepared
      events.emit({ type: 'phase', phase: 'preparing', detail: 'compiling the training step' })
      const learner = await startLearner({ executor, model: trained, args: run.spec.args, weights, vocabulary })
      await fineTune({ folder, run, events, stop, prepared, learner })
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

interface Work {
  folder: string
  run: RunFile
  events: Events
  stop: { asked: () => StopRequest | null }
  prepared: Prepared
  learner: Learner
}

/** The loop, in the order in which it happens. */
async function fineTune(work: Work): Promise<void> {
  const { run, events, stop, prepared, learner } = work
  const { args } = run.spec
  const plan = planOf({ rows: prepared.train.length, args })
  const orderSeed = args.data_seed ?? args.seed
  const heartbeat = startHeartbeat({ events })
  const trouble = watchForTrouble({
    labels: prepared.labels.length,
    warn: (warning) => events.emit({ type: 'warning', ...warning }),
  })
  const window = lossWindow()
  const flops = flopCounter(prepared)
  const started = performance.now()
  let step = 0
  let epoch = 0
  let order = { seed: orderSeed, epoch: 0, position: 0 }
  let asked = stop.asked()
  let enough = false

  /** What Trainer does after an update and after an epoch: log, evaluate, save, in this order. */
  const follow = async (due: Due, last: { gradNorm: number; learning_rate: number }): Promise<void> => {
    if (due.log && window.steps() > 0) {
      const row = {
        step,
        epoch,
        loss: measure(window.take()),
        grad_norm: measure(last.gradNorm),
        learning_rate: last.learning_rate,
      }
      events.emit({ type: 'log', ...row })
      trouble.logged(row)
    }
    if (due.evaluate) enough = (await runEvaluation()) || enough
    if (due.save) await save()
    if (due.evaluate || due.save) events.emit({ type: 'phase', phase: 'running' })
  }

  /** Gives whether early stopping has seen enough. */
  const runEvaluation = async (): Promise<boolean> => {
    if (prepared.eval.length === 0) return false
    events.emit({ type: 'phase', phase: 'evaluating' })
    const { labels, padding } = prepared
    const batchSize = args.per_device_eval_batch_size
    const row = await evaluate({
      learner,
      examples: prepared.eval,
      labels,
      batchSize,
      padding,
      afterBatch: (rows) => heartbeat.turn(step, rows),
    })
    events.emit({ type: 'eval', step, epoch, ...row })
    trouble.evaluated({ step, eval_loss: row.eval_loss })
    return (
      args.early_stopping_patience !== null &&
      (bestSoFar(work)?.without_improvement ?? 0) >= args.early_stopping_patience
    )
  }

  const save = async (): Promise<string> => {
    events.emit({ type: 'phase', phase: 'saving' })
    heartbeat.now(step)
    return saveCheckpoint(work, {
      step,
      epoch,
      order,
      learning_rate: rateAt(step, plan.totalSteps, args),
      total_flos: flops.total(),
    })
  }

  events.emit({
    type: 'plan',
    total_steps: plan.totalSteps,
    steps_per_epoch: plan.stepsPerEpoch,
    parameters: prepared.model.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    unused_weights: prepared.unused,
    new_weights: prepared.fresh,
  })
  if (args.eval_on_start) await runEvaluation()
  events.emit({ type: 'phase', phase: 'running' })

  const isOver = () => step >= plan.totalSteps || enough
  for (let pass = 0; !isOver() && !asked; pass++) {
    let last = { gradNorm: NaN, learning_rate: NaN }
    let batchesRead = 0
    for (const places of updatesOf(epochOrder({ n: prepared.train.length, seed: orderSeed, epoch: pass }), args)) {
      asked = stop.asked()
      if (asked) break
      const batches = places.map((rows) => collate({ examples: examplesAt(prepared.train, rows), ...prepared.padding }))
      const learning_rate = rateAt(step, plan.totalSteps, args)
      const { loss, gradNorm } = await learner.step({ batches, update: step, learning_rate }) // the one place that waits for the executor
      step++
      batchesRead += batches.length
      epoch = pass + batchesRead / plan.batchesPerEpoch
      last = { gradNorm, learning_rate }
      order = {
        seed: orderSeed,
        epoch: pass,
        position: Math.min(batchesRead * args.per_device_train_batch_size, prepared.train.length),
      }
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
        throw notFinite({ step, loss, learning_rate, max_grad_norm: args.max_grad_norm })
      window.add(loss)
      flops.add(batches)
      heartbeat.turn(
        step,
        batches.reduce((rows, { size }) => rows + size, 0),
      )
      await follow(dueAfterStep(step, plan, args), last)
      if (isOver()) break
    }
    if (!asked) await follow(dueAfterEpoch(args), last)
  }

  const runtime = (performance.now() - started) / 1000
  const ending = {
    step,
    epoch,
    train_runtime: rounded(runtime, 4),
    train_samples_per_second: rounded(plan.samples / runtime, 3),
    train_steps_per_second: rounded(plan.totalSteps / runtime, 3),
    train_loss: measure(window.mean(step)),
    total_flos: flops.total(),
  }
  if (asked) {
    const checkpoint = await save()
    await finish(work, { type: 'stopped', ...ending, by: asked.by, checkpoint })
  } else {
    const best = args.load_best_model_at_end ? await loadBest(work) : null
    await finish(work, { type: 'done', ...ending, metrics: metricsOf(work, best), best_step: best })
  }
}

/** Writes checkpoint-N and lets the oldest go. Gives the folder's name. */
async function saveCheckpoint(
  work: Work,
  at: {
    step: number
    epoch: number
    order: { seed: number; epoch: number; position: number }
    learning_rate: number
    total_flos: number
  },
): Promise<string> {
  const { folder, run, events, prepared, learner } = work
  const { args } = run.spec
  const { step, epoch, order, learning_rate, total_flos } = at
  await writeCheckpoint({
    run_folder: folder,
    checkpoint: {
      ...(await learner.snapshot()),
      state: {
        version: 1,
        step,
        epoch,
        scheduler: { last_step: step, learning_rate },
        order,
        generator: { seed: args.seed, step },
      },
    },
    config: configJson({ config: prepared.pretrained.config, labels: prepared.labels, dropout: args.dropout }),
    trainer_state: trainerStateJson(
      trainerState({ view: events.view(), spec: run.spec, step, epoch, total_flos, saved_step: step, end: null }),
    ),
    tokenizer_folder: prepared.pretrained.folder,
  })
  events.emit({ type: 'checkpoint', step, epoch, folder: RUN_FOLDER.checkpoint(step) })
  const best_step = args.load_best_model_at_end ? (bestSoFar(work)?.step ?? null) : null
  await pruneCheckpoints({ run_folder: folder, save_total_limit: args.save_total_limit, best_step })
  return RUN_FOLDER.checkpoint(step)
}

/** Puts the weights of the best checkpoint back; null when the best evaluation was not saved. */
async function loadBest(work: Work): Promise<number | null> {
  const best = bestSoFar(work)
  const saved = work.events.view().checkpoints.find(({ step }) => step === best?.step)
  if (!saved) return null
  work.learner.restore(await readSafetensors({ path: join(work.folder, saved.folder, 'model.safetensors') }))
  return saved.step
}

/** Writes model/, and only then says that the run is over. */
async function finish(work: Work, end: Extract<NewEvent, { type: 'done' | 'stopped' }>): Promise<void> {
  const { folder, run, events, prepared, learner } = work
  events.emit({ type: 'phase', phase: 'saving', detail: 'writing model/' })
  const { weights } = await learner.snapshot()
  await writeModelFolder({
    folder: join(folder, RUN_FOLDER.model),
    pretrained: prepared.pretrained,
    labels: prepared.labels,
    weights,
    view: events.viewWith(end),
    spec: run.spec,
    onnx: await exportOnnx({ model: prepared.model, weights }),
  })
  events.emit(end)
}

/** Early stopping without a metric follows the loss, as load_best_model_at_end does. */
function bestSoFar({ events, run }: Work) {
  const { args } = run.spec
  const metric_for_best_model = args.metric_for_best_model ?? (args.early_stopping_patience === null ? null : 'loss')
  return bestEvaluation({ evaluations: events.view().evaluations, args: { ...args, metric_for_best_model } })
}

/** The metrics of the model that is kept: of its own evaluation, or of the last one. */
function metricsOf({ events }: Work, best: number | null): Record<string, number> {
  const { evaluations } = events.view()
  const row = evaluations.find(({ step }) => step === best) ?? evaluations.at(-1)
  if (!row) return {}
  const { eval_loss, eval_accuracy, eval_f1 } = row
  return { ...(typeof eval_loss === 'number' && { eval_loss }), eval_accuracy, eval_f1 }
}

function notFinite({
  step,
  loss,
  learning_rate,
  max_grad_norm,
}: {
  step: number
  loss: number
  learning_rate: number
  max_grad_norm: number
}): RunFailure {
  const clipping = max_grad_norm === 0 ? ' and set `max_grad_norm` to 1' : ''
  return new RunFailure({
    code: 'loss-not-finite',
    exit: 'data',
    message: `At step ${step} the loss or its gradient is not a number any more (loss ${loss}), at learning_rate ${learning_rate}.`,
    remedy: `Lower \`learning_rate\`${clipping}; the last checkpoint, if there is one, is from before.`,
  })
}

function examplesAt(examples: readonly Example[], places: Uint32Array): Example[] {
  return Array.from(places, (place) => examples[place]).filter((example) => example !== undefined)
}

/** Losses since the last log row, and over the whole run. */
function lossWindow() {
  let sum = 0
  let steps = 0
  let total = 0
  return {
    add: (loss: number) => {
      sum += loss
      steps++
      total += loss
    },
    steps: () => steps,
    /** The mean since the last time. */
    take: () => {
      const mean = sum / steps
      sum = 0
      steps = 0
      return mean
    },
    mean: (step: number) => total / Math.max(step, 0.001),
  }
}

/** Trainer's total_flos: 6 × padded tokens × parameters outside of embeddings. */
function flopCounter({ model }: Prepared) {
  const parameters = model.parameters
    .filter(({ name }) => !/embeddings\.weight$/.test(name))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  let tokens = 0
  return {
    add: (batches: readonly { size: number; length: number }[]) => {
      for (const { size, length } of batches) tokens += size * length
    },
    total: () => 6 * tokens * parameters,
  }
}
