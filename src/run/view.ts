import type { EventOf, Evaluation, LogRow, RunEvent, UnknownEvent } from './events.ts'

/** Everything a person can see of a run's work, folded from its events. Rendering it needs nothing else but the record. */
export interface RunView {
  lastSeq: number
  lastEventAt: string | null
  phase: EventOf<'phase'>['phase'] | null
  detail: string | null
  executor: EventOf<'executor'> | null
  data: EventOf<'data'> | null
  plan: EventOf<'plan'> | null
  progress: EventOf<'progress'> | null
  step: number
  /** When the first update was reported, for the time left. */
  firstStep: { step: number; at: string } | null
  samplesPerSecond: number | null
  memoryBytes: number | null
  /** The engine promised another event by then; later than that it may be lost. */
  expectedBy: string | null
  logs: LogRow[]
  evaluations: Evaluation[]
  checkpoints: EventOf<'checkpoint'>[]
  warnings: EventOf<'warning'>[]
  unknown: UnknownEvent[]
  end: EventOf<'done'> | EventOf<'stopped'> | EventOf<'failed'> | null
}

export const EMPTY_VIEW: RunView = {
  lastSeq: 0,
  lastEventAt: null,
  phase: null,
  detail: null,
  executor: null,
  data: null,
  plan: null,
  progress: null,
  step: 0,
  firstStep: null,
  samplesPerSecond: null,
  memoryBytes: null,
  expectedBy: null,
  logs: [],
  evaluations: [],
  checkpoints: [],
  warnings: [],
  unknown: [],
  end: null,
}

/** The view after one more event. An event that is already in the view changes nothing. */
export function fold(view: RunView, event: RunEvent | UnknownEvent): RunView {
  if (event.seq <= view.lastSeq) return view
  const next = { ...view, lastSeq: event.seq, lastEventAt: event.at, expectedBy: null }
  switch (event.type) {
    case 'phase':
      return { ...next, phase: event.phase, detail: event.detail ?? null, progress: null }
    case 'executor':
      return { ...next, executor: event }
    case 'data':
      return { ...next, data: event, progress: null }
    case 'plan':
      return { ...next, plan: event }
    case 'progress':
      return { ...next, progress: event }
    case 'log':
      return { ...atStep(next, event.step, event.at), logs: [...view.logs, event] }
    case 'eval':
      return { ...next, evaluations: [...view.evaluations, event] }
    case 'checkpoint':
      return { ...next, checkpoints: [...view.checkpoints, event] }
    case 'heartbeat':
      return {
        ...atStep(next, event.step, event.at),
        samplesPerSecond: event.samples_per_second ?? view.samplesPerSecond,
        memoryBytes: event.memory_bytes ?? view.memoryBytes,
        expectedBy: new Date(Date.parse(event.at) + event.expect_next_in * 1000).toISOString(),
      }
    case 'warning':
      return { ...next, warnings: [...view.warnings, event] }
    case 'done':
    case 'stopped':
    case 'failed':
      return { ...atStep(next, event.step, event.at), end: event }
    case 'unknown':
      return { ...next, unknown: [...view.unknown, event] }
  }
}

function atStep(view: RunView, step: number, at: string): RunView {
  const firstStep = view.firstStep ?? (step > 0 ? { step, at } : null)
  return { ...view, step: Math.max(view.step, step), firstStep }
}

/**
 * Seconds of work left, from the updates seen so far; null until two moments are known, and once the run has ended.
 * Right after a resume too, since it counts from the first update of this engine.
 */
export function secondsLeft(view: RunView): number | null {
  if (view.end || !view.plan || !view.firstStep || !view.lastEventAt) return null
  const steps = view.step - view.firstStep.step
  const seconds = (Date.parse(view.lastEventAt) - Date.parse(view.firstStep.at)) / 1000
  if (steps <= 0 || seconds <= 0) return null
  return ((view.plan.total_steps - view.step) * seconds) / steps
}
