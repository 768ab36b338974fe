import { join } from 'node:path'
import type { NewEvent } from '../run/events.ts'
import { RUN_FOLDER, type RunFile } from '../run/run-file.ts'
import { pruneCheckpoints, type TrainingState, writeCheckpoint } from './checkpoint.ts'
import type { Events } from './events.ts'
import { configJson } from './export/config-json.ts'
import { writeModelFolder } from './export/model-folder.ts'
import { exportOnnx } from './export/onnx-model.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Learner } from './learner.ts'
import type { Place } from './place.ts'
import type { Prepared } from './prepare.ts'
import { readSafetensors } from './safetensors.ts'
import { bestEvaluation, rowsOf, trainerState, trainerStateJson } from './trainer-state.ts'

/** What a run works with: where it stands, what it reads, what it trains, and where it tells of it. */
export interface Work {
  folder: string
  run: RunFile
  events: Events
  prepared: Prepared
  learner: Learner
  /** How many calls of the learner may be on their way at once */
  ahead: number
}

/** Writes checkpoint-N, tells of it, and lets the oldest go. Gives the folder's name. */
export async function saveCheckpoint(
  work: Work,
  { total_flos, ...place }: Place & Pick<TrainingState, 'losses'>,
): Promise<string> {
  const { folder, run, events, prepared, learner } = work
  const { args } = run.spec
  const { step, epoch } = place
  const view = events.view()
  const state = trainerState({ view, spec: run.spec, step, epoch, total_flos, saved_step: step, end: null })
  const { unused_factor, loss_scale, ...tensors } = await learner.snapshot()
  await writeCheckpoint({
    run_folder: folder,
    checkpoint: {
      ...tensors,
      state: {
        version: 2,
        ...place,
        generator: { seed: args.seed },
        unused_factor,
        loss_scale,
        made_from: fingerprintOf(run, prepared),
      },
      rows: rowsOf(view),
    },
    config: configJson({ config: prepared.pretrained.config, problem: prepared.problem, dropout: args.dropout }),
    trainer_state: trainerStateJson(state),
    tokenizer_folder: prepared.pretrained.folder,
  })
  const name = RUN_FOLDER.checkpoint(step)
  events.emit({ type: 'checkpoint', step, epoch, folder: name })
  const best_step = args.load_best_model_at_end ? (bestSoFar(work)?.step ?? null) : null
  await pruneCheckpoints({ run_folder: folder, save_total_limit: args.save_total_limit, best_step })
  return name
}

/** Puts the weights of the best checkpoint back, and gives its step; null when the best evaluation was not saved. */
export async function loadBest(work: Work): Promise<number | null> {
  const best = bestSoFar(work)
  const saved = work.events.view().checkpoints.find(({ step }) => step === best?.step)
  if (!saved) return null
  work.learner.restore(await readSafetensors({ path: join(work.folder, saved.folder, 'model.safetensors') }))
  return saved.step
}

/** Writes model/, and only then says that the run is over. */
export async function finish(work: Work, end: Extract<NewEvent, { type: 'done' | 'stopped' }>): Promise<void> {
  const { folder, run, events, prepared, learner } = work
  events.emit({ type: 'phase', phase: 'saving', detail: 'writing model/' })
  const weights = await learner.weights()
  await writeModelFolder({
    folder: join(folder, RUN_FOLDER.model),
    pretrained: prepared.pretrained,
    problem: prepared.problem,
    weights,
    view: events.viewWith(end),
    spec: run.spec,
    onnx: () => exportOnnx({ model: prepared.model, weights }),
  })
  events.emit(end)
}

/** The best evaluation so far. Early stopping without a metric follows the loss, as load_best_model_at_end does. */
export function bestSoFar({ events, run }: Pick<Work, 'events' | 'run'>) {
  const { args } = run.spec
  const metric_for_best_model = args.metric_for_best_model ?? (args.early_stopping_patience === null ? null : 'loss')
  return bestEvaluation({ evaluations: events.view().evaluations, args: { ...args, metric_for_best_model } })
}
