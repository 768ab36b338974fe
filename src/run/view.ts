import type { EventOf, Evaluation, GpuSample, LogRow, RunEvent } from './events.ts'
import type { UnknownEvent } from './read-event.ts'

/** Everything a person can see of a run's work, folded from its events. Rendering it needs nothing else but the record. */
export interface RunView {
  lastSeq: number
  lastEventAt: string | null
  phase: EventOf<'phase'>['phase'] | null
  detail: string | null
  executor: EventOf<'executor'> | null
  /** What came from the Hub. */
  hub: EventOf<'hub'> | null
  data: EventOf<'data'> | null
  plan: EventOf<'plan'> | null
  /** How the training step was made ready. */
  compiled: EventOf<'compiled'> | null
  /** The checkpoint that this run goes on from. */
  resumed: EventOf<'resumed'> | null
  progress: EventOf<'progress'> | null
  step: number
  /** When the first update of this engine was reported, for the time left. */
  firstStep: { step: number; at: string } | null
  samplesPerSecond: number | null
  /** Milliseconds of an update. */
  stepMs: number | null
  memoryBytes: number | null
  /** What the GPU last said of itself; null for a run without one. */
  gpu: GpuSample | null
  /** The engine promised another heartbeat by then; later than that it may be lost. Null once it has ended. */
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
  hub: null,
  data: null,
  plan: null,
  compiled: null,
  resumed: null,
  progress: null,
  step: 0,
  firstStep: null,
  samplesPerSecond: null,
  stepMs: null,
  memoryBytes: null,
  gpu: null,
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
  return foldAll(view, [event])
}

/**
 * The view after many more events; `view` itself stays as it is. Costs what the events cost and one copy of the lists
 * that grow, where as many calls of `fold` would copy them each time.
 */
export function foldAll(view: RunView, events: Iterable<RunEvent | UnknownEvent>): RunView {
  const next = { ...view }
  const copies = new Set<unknown>()
  const own = <Row>(list: Row[]): Row[] => {
    if (copies.has(list)) return list
    const copy = list.slice()
    copies.add(copy)
    return copy
  }
  for (const event of events) {
    if (event.seq <= next.lastSeq) continue
    next.lastSeq = event.seq
    next.lastEventAt = event.at
    take(next, event, own)
  }
  return next.lastSeq === view.lastSeq ? view : next
}

/** Writes an event into a view that is still being made; `own` gives a list that may be written to. */
function take(next: RunView, event: RunEvent | UnknownEvent, own: <Row>(list: Row[]) => Row[]): void {
  switch (event.type) {
    case 'phase':
      next.phase = event.phase
      next.detail = event.detail ?? null
      next.progress = null
      break
    case 'executor':
      next.executor = event
      break
    case 'hub':
      next.hub = event
      break
    case 'data':
      next.data = event
      next.progress = null
      break
    case 'plan':
      next.plan = event
      break
    case 'compiled':
      next.compiled = event
      break
    case 'resumed':
      // What an engine wrote into this folder before counts no more: what is left of it comes again, as earlier.
      Object.assign(next, {
        resumed: event,
        step: event.step,
        firstStep: null,
        logs: [],
        evaluations: [],
        checkpoints: [],
      })
      break
    case 'progress':
      next.progress = event
      break
    case 'log':
      ;(next.logs = own(next.logs)).push(event)
      if (!event.earlier) reach(next, event.step, event.at)
      break
    case 'eval':
      ;(next.evaluations = own(next.evaluations)).push(event)
      break
    case 'checkpoint':
      ;(next.checkpoints = own(next.checkpoints)).push(event)
      break
    case 'heartbeat':
      reach(next, event.step, event.at)
      next.samplesPerSecond = event.samples_per_second ?? next.samplesPerSecond
      next.stepMs = event.step_ms ?? next.stepMs
      next.memoryBytes = event.memory_bytes ?? next.memoryBytes
      next.gpu = event.gpu ?? next.gpu
      next.expectedBy = new Date(Date.parse(event.at) + event.expect_next_in * 1000).toISOString()
      break
    case 'warning':
      ;(next.warnings = own(next.warnings)).push(event)
      break
    case 'done':
    case 'stopped':
    case 'failed':
      reach(next, event.step, event.at)
      next.end = event
      next.expectedBy = null
      break
    case 'unknown':
      ;(next.unknown = own(next.unknown)).push(event)
      break
  }
}

function reach(next: RunView, step: number, at: string): void {
  if (step > (next.resumed?.step ?? 0)) next.firstStep ??= { step, at }
  next.step = Math.max(next.step, step)
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
