import { copyFile, link, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RUN_FOLDER, type RunFile } from '../run/run-file.ts'
import { UserError } from '../user-error.ts'
import {
  type Checkpoint,
  damageOfCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  readCheckpoint,
  readTrainingState,
  type TrainingState,
} from './checkpoint.ts'
import type { Events } from './events.ts'
import { RunFailure } from './failure.ts'
import { difference, fingerprintOf } from './fingerprint.ts'
import type { Learner } from './learner.ts'
import type { Prepared } from './prepare.ts'
import { bestSoFar } from './save.ts'
import { writeWholeFolder } from './whole-folder.ts'

const IS_CHECKPOINT = /^checkpoint-\d+$/
const FROM_THE_START = 'Run it again from the start.'

/**
 * Puts the checkpoint that `run.json` wants the run to go on from into the learner, and tells of it in a `resumed` event.
 * Gives where its loop stood; null when the run begins at the beginning. What the earlier engine had told by then is told
 * again, and what it had saved is in this folder too, so that this folder is whole by itself. Throws RunFailure when there
 * is no checkpoint that this run can go on from.
 */
export async function resume({
  folder,
  run,
  events,
  prepared,
  learner,
}: {
  folder: string
  run: RunFile
  events: Events
  prepared: Prepared
  learner: Pick<Learner, 'resume'>
}): Promise<TrainingState | null> {
  const wanted = run.resume_from_checkpoint ?? null
  if (wanted === null) return null
  events.emit({ type: 'phase', phase: 'preparing', detail: 'reading the checkpoint' })
  const { checkpoint, refused } = await find(wanted)
  const { state, rows } = checkpoint
  const why = difference(state.made_from, fingerprintOf(run, prepared)) ?? otherShapes(checkpoint, prepared)
  if (why !== null) {
    throw new RunFailure({
      code: 'resume-mismatch',
      exit: 'data',
      message: `This run cannot go on from ${basename(checkpoint.folder)}: ${why}.`,
      remedy: `Use the same model, rows and batches as the run that wrote it. ${FROM_THE_START}`,
    })
  }

  events.emit({ type: 'resumed', step: state.step, epoch: state.epoch, folder: checkpoint.folder, refused })
  for (const row of rows) events.emit({ ...row, earlier: true })
  const best_step = run.spec.args.load_best_model_at_end ? (bestSoFar({ events, run })?.step ?? null) : null
  const missing = await bring({ checkpoint, folder, events, best_step })
  await pruneCheckpoints({ run_folder: folder, save_total_limit: run.spec.args.save_total_limit, best_step })
  const passedOver = [...refused, ...missing].map(({ reason }) => reason)
  if (passedOver.length > 0) {
    const message = [...passedOver, `The run goes on from ${basename(checkpoint.folder)}.`].join(' ')
    events.emit({ type: 'warning', code: 'checkpoint-refused', message, step: state.step })
  }
  const { unused_factor, loss_scale } = state
  learner.resume({ ...checkpoint, unused_factor, loss_scale })
  return state
}

/** A model folder may hold another model by now, under the same name. */
function otherShapes({ weights }: Checkpoint, prepared: Prepared): string | null {
  for (const [name, { shape }] of prepared.weights) {
    const written = weights.get(name)?.shape.join() ?? 'nothing'
    if (written !== shape.join()) return `its \`${name}\` is [${written}], and that of the model is [${shape.join()}]`
  }
  return null
}

type Found = Checkpoint & { folder: string }
type Refused = { folder: string; reason: string }[]

/** The checkpoint of that path, or the newest of that run folder that is whole. */
async function find(wanted: string): Promise<{ checkpoint: Found; refused: Refused }> {
  const there = await stat(wanted).catch(() => null)
  if (!there?.isDirectory()) throw notFound(`\`${wanted}\` is not there any more, so the run cannot go on from it.`)
  if (IS_CHECKPOINT.test(basename(wanted))) {
    try {
      return { checkpoint: { ...(await readCheckpoint({ folder: wanted })), folder: wanted }, refused: [] }
    } catch (error) {
      if (error instanceof UserError) throw notFound(error.message)
      throw error
    }
  }
  const { checkpoint, refused } = await latestCheckpoint({ run_folder: wanted })
  if (checkpoint) return { checkpoint, refused }
  const why = refused.map(({ reason }) => ` ${reason}`).join('')
  throw notFound(
    refused.length === 0 ? `There is no checkpoint in \`${wanted}\`.` : `No checkpoint of the run is whole.${why}`,
  )
}

/**
 * Puts a run's checkpoints up to the one that is gone on from into this run's folder, as links where the disk is the same,
 * and tells of each. Gives the best one where it is not whole: it is left behind.
 */
async function bring({
  checkpoint,
  folder,
  events,
  best_step,
}: {
  checkpoint: Found
  folder: string
  events: Events
  best_step: number | null
}): Promise<Refused> {
  const missing: Refused = []
  for (const { step, folder: from } of await listCheckpoints({ run_folder: dirname(checkpoint.folder) })) {
    if (step > checkpoint.state.step) continue
    // Older ones are read only when they are the best; hashing them all would read gigabytes for nothing.
    const reason = step === best_step && step !== checkpoint.state.step ? await damageOfCheckpoint(from) : null
    if (reason !== null) {
      missing.push({ folder: from, reason: `${basename(from)} cannot be used as the best one: ${reason}.` })
      continue
    }
    const state = step === checkpoint.state.step ? checkpoint.state : await readTrainingState(from)
    if (state === null) continue
    const to = join(folder, RUN_FOLDER.checkpoint(step))
    if (from !== to) await writeWholeFolder({ folder: to, fill: (unfinished) => linkFiles(from, unfinished) })
    events.emit({ type: 'checkpoint', step, epoch: state.epoch, folder: RUN_FOLDER.checkpoint(step), earlier: true })
  }
  return missing
}

/** A checkpoint's files are never written to again, so one file may stand in two folders. */
async function linkFiles(from: string, to: string): Promise<void> {
  for (const file of await readdir(from)) {
    await link(join(from, file), join(to, file)).catch(() => copyFile(join(from, file), join(to, file)))
  }
}

function notFound(message: string): RunFailure {
  return new RunFailure({ code: 'resume-not-found', exit: 'notFound', message, remedy: FROM_THE_START })
}
