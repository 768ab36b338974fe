import { measure } from '../run/events.ts'
import { evaluate } from './evaluate.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { Place } from './place.ts'
import type { Due } from './plan.ts'
import { bestSoFar, saveCheckpoint, type Work } from './save.ts'
import { type Stop, Stopped, type StopRequest } from './stop.ts'
import type { LossTally } from './tally.ts'
import { rowsOf } from './trainer-state.ts'
import { watchForTrouble } from './warnings.ts'

/** Whether early stopping has seen enough, and whether somebody stopped the run in an evaluation. */
export interface Outcome {
  enough: boolean
  asked: StopRequest | null
}

/** What comes between updates: log, evaluate, save, in Trainer's order. No update may be in flight. */
export function betweenUpdates({ work, stop, losses }: { work: Work; stop: Stop; losses: LossTally }) {
  const { run, events, prepared, learner } = work
  const { args } = run.spec
  const heartbeat = startHeartbeat({ events })
  const trouble = watchForTrouble({
    problem: prepared.problem,
    // What an earlier engine logged is judged again, and was said then.
    earlier: rowsOf(events.view()),
    warn: (warning) => events.emit({ type: 'warning', ...warning }),
  })

  const log = ({ step, epoch, last }: Place) => {
    if (!losses.hasSteps() || last === null) return
    const row = { step, epoch, loss: measure(losses.take()), grad_norm: measure(last.grad_norm) }
    events.emit({ type: 'log', ...row, learning_rate: last.learning_rate })
    trouble.logged(row)
  }

  /** Gives who stopped the run meanwhile; there is no evaluation then. */
  const evaluateNow = async ({ step, epoch }: Place): Promise<StopRequest | null> => {
    if (prepared.eval.length === 0) return null
    events.emit({ type: 'phase', phase: 'evaluating' })
    try {
      const row = await evaluate({
        learner,
        examples: prepared.eval,
        problem: prepared.problem,
        batchSize: args.per_device_eval_batch_size,
        padding: prepared.padding,
        ahead: work.ahead,
        afterBatch: (rows) => {
          heartbeat.turn(step, rows, false)
          stop.check()
        },
      })
      events.emit({ type: 'eval', step, epoch, ...row })
      trouble.evaluated({ step, eval_loss: row.eval_loss })
      return null
    } catch (error) {
      if (error instanceof Stopped) return error.request
      throw error
    }
  }

  const save = (place: Place): Promise<string> => {
    events.emit({ type: 'phase', phase: 'saving' })
    heartbeat.now(place.step)
    return saveCheckpoint(work, { ...place, losses: losses.state() })
  }

  const hasSeenEnough = (): boolean => {
    const patience = args.early_stopping_patience
    return patience !== null && (bestSoFar(work)?.without_improvement ?? 0) >= patience
  }

  return {
    hasSeenEnough,
    save,
    /** After each update, when its numbers are there. */
    heartbeat: heartbeat.turn,
    /** Does what is due. A stop in the evaluation leaves that and what is after it owed. */
    due: async (due: Due, place: Place): Promise<Outcome> => {
      place.owed = null
      if (due.log) log(place)
      const asked = due.evaluate ? await evaluateNow(place) : null
      if (asked) place.owed = { ...due, log: false }
      else if (due.save) await save(place)
      if (due.evaluate || due.save) events.emit({ type: 'phase', phase: 'running' })
      return { enough: due.evaluate && hasSeenEnough(), asked }
    },
  }
}
