import { z } from 'zod'
import { RunSpec } from './spec.ts'

/** The files of a run folder: the contract between bot and engine (docs/run-folder.md). */
export const RUN_FOLDER = {
  run: 'run.json',
  events: 'events.jsonl',
  log: 'engine.log',
  /** Written by whoever wants the engine to stop and save; holds `{ "by": "…" }`. */
  stop: 'stop.json',
  /** Written by the supervisor; see src/hosts/supervise.sh. */
  started: 'started',
  ended: 'ended',
  model: 'model',
  checkpoint: (step: number) => `checkpoint-${step}`,
} as const

/** Stands last in a checkpoint's folder: without it the checkpoint is not whole. */
export const INTEGRITY = 'integrity.json'

export const RUN_FILE_VERSION = 1

/** `run.json`: what to do. Written once, before the engine starts; read only by the engine. */
export const RunFile = z.strictObject({
  version: z.literal(RUN_FILE_VERSION),
  /** The number people use: #42. */
  run: z.int().min(1),
  /** Names one start of the engine: the same launch never starts twice. */
  launch: z.string().min(1).max(64),
  spec: RunSpec,
  /** Absolute folders that `spec.model` and `spec.dataset` may name files in; paths never leave them. */
  models_folder: z.string(),
  datasets_folder: z.string(),
  /** Absolute folder for what may be made again: cleaned e-mails, compiled kernels. */
  cache_folder: z.string(),
  /** Absolute: the run folder to go on from, or one checkpoint-N of it. Absent or null: from the start. */
  resume_from_checkpoint: z.string().nullish(),
})
export type RunFile = z.infer<typeof RunFile>
