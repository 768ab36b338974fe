import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Evaluation, LogRow } from '../run/events.ts'
import { parseEvent } from '../run/read-event.ts'
import { UserError } from '../user-error.ts'
import { copyTokenizer } from './export/tokenizer-files.ts'
import { Fingerprint } from './fingerprint.ts'
import { damage, writeManifest } from './integrity.ts'
import type { Snapshot } from './learner.ts'
import { readSafetensors, writeSafetensors, type Weight } from './safetensors.ts'
import { removeWholeFolder, writeText, writeWholeFolder } from './whole-folder.ts'

/** What the loop needs, beside the tensors, to go on as if it had never stopped. The loop may keep more in it. */
export const TrainingState = z.looseObject({
  version: z.literal(2),
  /** Updates made */
  step: z.int().min(0),
  /** As in log rows: updates / updates an epoch */
  epoch: z.number().min(0),
  scheduler: z.looseObject({ last_step: z.int().min(0), learning_rate: z.number().min(0) }),
  /** Which shuffle is read next, and how many of its rows have been */
  order: z.looseObject({ seed: z.int().min(0), epoch: z.int().min(0), position: z.int().min(0) }),
  /** What was due at this step and not done, because somebody stopped the run in the middle of it. */
  owed: z.object({ log: z.boolean(), evaluate: z.boolean(), save: z.boolean() }).nullable(),
  /** Dropout draws from this seed and the step alone. */
  generator: z.looseObject({ seed: z.int().min(0) }),
  /** Losses since the last log row, and of all steps */
  losses: z.object({ sum: z.number(), steps: z.int().min(0), total: z.number() }),
  /** Of the last update, for the log row of an epoch */
  last: z.object({ grad_norm: z.number(), learning_rate: z.number() }).nullable(),
  /** Tokens read, padding included: total_flos is made of them. */
  tokens: z.int().min(0),
  /** See Snapshot in learner.ts */
  unused_factor: z.number(),
  /** Where fp16's loss scale stands; null in other precisions */
  loss_scale: z
    .object({ scale: z.number(), good_updates: z.number(), left_out: z.int().min(0).default(0) })
    .nullable()
    .default(null),
  made_from: Fingerprint,
})
export type TrainingState = z.infer<typeof TrainingState>

/** Everything of a run at one step. */
export interface Checkpoint extends Omit<Snapshot, 'unused_factor' | 'loss_scale'> {
  state: TrainingState
  /** What was logged and evaluated so far, in order */
  rows: readonly (LogRow | Evaluation)[]
}

const FILE = {
  weights: 'model.safetensors',
  optimizer: 'optimizer.safetensors',
  config: 'config.json',
  state: 'training_state.json',
  trainerState: 'trainer_state.json',
  rows: 'log_history.jsonl',
} as const
/** torch's names for the moments. */
const MOMENTS = { m: 'exp_avg.', v: 'exp_avg_sq.' } as const

/**
 * Writes `checkpoint-N/` into the run folder and gives its path. A folder of that name is whole: it is made beside, with an
 * integrity manifest last and everything on disk, and then renamed. `transformers` can load it as a model.
 */
export async function writeCheckpoint({
  run_folder,
  checkpoint: { weights, m, v, state, rows },
  config,
  trainer_state,
  tokenizer_folder,
}: {
  run_folder: string
  checkpoint: Checkpoint
  /** Texts of config.json and trainer_state.json */
  config: string
  trainer_state: string
  /** The model folder whose tokenizer goes with it */
  tokenizer_folder: string
}): Promise<string> {
  const folder = join(run_folder, `checkpoint-${state.step}`)
  const moments = new Map([...prefixed(MOMENTS.m, m), ...prefixed(MOMENTS.v, v)])
  const fill = async (unfinished: string) => {
    await writeSafetensors({ path: join(unfinished, FILE.weights), tensors: weights })
    await writeSafetensors({ path: join(unfinished, FILE.optimizer), tensors: moments })
    await writeText(join(unfinished, FILE.config), config)
    await writeText(join(unfinished, FILE.state), `${JSON.stringify(state, null, 2)}\n`)
    await writeText(join(unfinished, FILE.trainerState), trainer_state)
    await writeText(join(unfinished, FILE.rows), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    await copyTokenizer({ from: tokenizer_folder, to: unfinished })
    await writeManifest(unfinished)
  }
  await writeWholeFolder({ folder, fill })
  return folder
}

/** Reads a checkpoint. Throws UserError with the reason when it is not exactly what was written. */
export async function readCheckpoint({ folder }: { folder: string }): Promise<Checkpoint> {
  const reason = await damageOfCheckpoint(folder)
  if (reason !== null) throw unusable(folder, reason)
  const state = await readTrainingState(folder)
  if (!state) throw unusable(folder, `its ${FILE.state} is of another version of this program`)

  const weights = await readSafetensors({ path: join(folder, FILE.weights) })
  const moments = await readSafetensors({ path: join(folder, FILE.optimizer) })
  const rows = (await readFile(join(folder, FILE.rows), 'utf8')).split('\n').flatMap((line) => {
    const row = parseEvent(line)
    return row?.type === 'log' || row?.type === 'eval' ? [row] : []
  })
  return { weights, m: withPrefix(MOMENTS.m, moments), v: withPrefix(MOMENTS.v, moments), state, rows }
}

/** The state alone; null where it is not one that this version writes. */
export async function readTrainingState(folder: string): Promise<TrainingState | null> {
  try {
    return TrainingState.parse(JSON.parse(await readFile(join(folder, FILE.state), 'utf8')))
  } catch {
    return null
  }
}

/** Why a checkpoint is not what was written, or null when it is. */
export function damageOfCheckpoint(folder: string): Promise<string | null> {
  return damage(folder, Object.values(FILE))
}

/**
 * The newest checkpoint of a run folder that can be used (null when there is none), and those newer than it that cannot,
 * each with the reason.
 */
export async function latestCheckpoint({ run_folder }: { run_folder: string }): Promise<{
  checkpoint: (Checkpoint & { folder: string }) | null
  refused: { folder: string; reason: string }[]
}> {
  const refused: { folder: string; reason: string }[] = []
  for (const { folder } of (await listCheckpoints({ run_folder })).reverse()) {
    try {
      return { checkpoint: { ...(await readCheckpoint({ folder })), folder }, refused }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused.push({ folder, reason: error.message })
    }
  }
  return { checkpoint: null, refused }
}

/** The checkpoints of a run folder, oldest first. */
export async function listCheckpoints({
  run_folder,
}: {
  run_folder: string
}): Promise<{ step: number; folder: string }[]> {
  return (await readdir(run_folder))
    .map((name) => ({ step: Number(/^checkpoint-(\d+)$/.exec(name)?.[1] ?? NaN), folder: join(run_folder, name) }))
    .filter(({ step }) => !Number.isNaN(step))
    .sort((a, b) => a.step - b.step)
}

/**
 * Removes the oldest checkpoints beyond `save_total_limit`, as Trainer does: never the newest, nor the best one (so a
 * limit of 1 leaves two when the best is not the newest). Gives the folders that went.
 */
export async function pruneCheckpoints({
  run_folder,
  save_total_limit,
  best_step,
}: {
  run_folder: string
  save_total_limit: number | null
  best_step: number | null
}): Promise<string[]> {
  if (save_total_limit === null) return []
  const all = await listCheckpoints({ run_folder })
  const mayGo = all.slice(0, -1).filter(({ step }) => step !== best_step)
  const going = mayGo.slice(0, Math.max(0, all.length - save_total_limit)).map(({ folder }) => folder)
  for (const folder of going) await removeWholeFolder(folder)
  return going
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, Weight>): [string, Weight][] {
  return [...tensors].map(([name, weight]) => [prefix + name, weight])
}

function withPrefix(prefix: string, tensors: ReadonlyMap<string, Weight>): Map<string, Weight> {
  const those = [...tensors].filter(([name]) => name.startsWith(prefix))
  return new Map(those.map(([name, weight]) => [name.slice(prefix.length), weight]))
}

function unusable(folder: string, reason: string): UserError {
  return new UserError(`${basename(folder)} cannot be used: ${reason}.`, 'Go on from an older checkpoint of the run.')
}
