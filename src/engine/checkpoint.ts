import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../user-error.ts'
import { copyTokenizer } from './export/tokenizer-files.ts'
import { damage, writeManifest } from './integrity.ts'
import { readSafetensors, writeSafetensors, type Weight } from './safetensors.ts'
import { removeWholeFolder, writeText, writeWholeFolder } from './whole-folder.ts'

/** What the loop needs, beside the tensors, to go on as if it had never stopped. The loop may keep more in it. */
export const TrainingState = z.looseObject({
  version: z.literal(1),
  /** Updates made */
  step: z.int().min(0),
  /** As in log rows: updates / updates an epoch */
  epoch: z.number().min(0),
  scheduler: z.looseObject({ last_step: z.int().min(0), learning_rate: z.number().min(0) }),
  /** Which shuffle is being read, and how many of its rows have been */
  order: z.looseObject({ seed: z.int().min(0), epoch: z.int().min(0), position: z.int().min(0) }),
  /** Where dropout's generator stands */
  generator: z.looseObject({ seed: z.int().min(0) }),
})
export type TrainingState = z.infer<typeof TrainingState>

/** Everything of a run at one step. */
export interface Checkpoint {
  weights: ReadonlyMap<string, Weight>
  /** AdamW's first and second moments, by the names of the weights */
  m: ReadonlyMap<string, Weight>
  v: ReadonlyMap<string, Weight>
  state: TrainingState
}

const FILE = {
  weights: 'model.safetensors',
  optimizer: 'optimizer.safetensors',
  config: 'config.json',
  state: 'training_state.json',
  trainerState: 'trainer_state.json',
} as const
/** torch's names for the moments. */
const MOMENTS = { m: 'exp_avg.', v: 'exp_avg_sq.' } as const

/**
 * Writes `checkpoint-N/` into the run folder and gives its path. A folder of that name is whole: it is made beside, with an
 * integrity manifest last and everything on disk, and then renamed. `transformers` can load it as a model.
 */
export async function writeCheckpoint({
  run_folder,
  checkpoint: { weights, m, v, state },
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
    await copyTokenizer({ from: tokenizer_folder, to: unfinished })
    await writeManifest(unfinished)
  }
  await writeWholeFolder({ folder, fill })
  return folder
}

/** Reads a checkpoint. Throws UserError with the reason when it is not exactly what was written. */
export async function readCheckpoint({ folder }: { folder: string }): Promise<Checkpoint> {
  const reason = await damage(folder, Object.values(FILE))
  if (reason !== null) throw unusable(folder, reason)
  const state = TrainingState.safeParse(JSON.parse(await readFile(join(folder, FILE.state), 'utf8')))
  if (!state.success) throw unusable(folder, `its ${FILE.state} is of another version of this program`)

  const weights = await readSafetensors({ path: join(folder, FILE.weights) })
  const moments = await readSafetensors({ path: join(folder, FILE.optimizer) })
  return { weights, m: withPrefix(MOMENTS.m, moments), v: withPrefix(MOMENTS.v, moments), state: state.data }
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
