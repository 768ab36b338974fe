import type { Arguments } from '../run/arguments.ts'

/** What is known about the run whose text is explained; every field may be missing. The numbers go into the texts. */
export interface RunFacts {
  args?: Partial<Arguments>
  model?: string
  dataset?: string
  /** Package → version, as the run's first event lists them. */
  versions?: Readonly<Record<string, string>>
  labels?: readonly string[]
  columns?: readonly string[]
  /** Rows of the training set. */
  trainRows?: number
  /** Bytes of the device that trains. */
  memoryBytes?: number
  phase?: 'preparing' | 'running' | 'evaluating' | 'saving'
  step?: number
  /** `code` of the engine's own `failed` event. */
  engineCode?: string | null
  /** `remedy` of the same event: the engine's own advice comes first, unless the fixes say it. */
  engineRemedy?: string | null
  /** How the engine's process ended. */
  exitCode?: number | null
  signal?: string | null
}
