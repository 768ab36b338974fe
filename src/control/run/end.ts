import { transition } from '../../../storage/moves.ts'
import { getRun, type Run } from '../../../storage/runs.ts'
import { redact } from '../../diagnosis/redact.ts'
import type { Fate } from '../../hosts/host.ts'
import type { Ending } from '../../run/ending.ts'
import { isLive } from '../../run/state.ts'
import type { RunView } from '../../run/view.ts'
import { announce, type Context, timingOf } from '../context.ts'
import { explainHere } from '../errors/answer.ts'
import { readEvidence } from '../errors/evidence.ts'
import { once, pause } from '../tasks.ts'
import { seeOut } from './terminate.ts'

/** Ends a run by its engine's last word or, where there is none, by what the host saw. */
export async function endRun(
  context: Context,
  { id, folder, view }: { id: number; folder: string; view: RunView },
): Promise<void> {
  const fate = await fateAtEnd(context, folder, view)
  const run = getRun(context.database, id)
  if (!isLive(run.state)) return
  const said = view.end ? endingSaid(run, view.end, fate) : endingSeen(run, view, fate)
  const ending = said.is === 'failed' ? { ...said, cause: await causeOf(context, { run, view, fate }) } : said
  const actor = view.end ? 'engine' : 'supervisor'
  const reason = ending.is === 'failed' ? ending.message : null
  if (!transition(context.database, { id, from: run.state, to: ending.is, actor, reason, set: { ending } })) return
  announce(context, id)
  if (view.end) void once(context, `see out #${id}`, () => seeOut(context, { id, folder }))
}

/** The catalogue's code for why it failed, or null when that is not known. */
async function causeOf(context: Context, known: { run: Run; view: RunView; fate: Fate }): Promise<string | null> {
  try {
    const { run, view, fate } = known
    const { text, facts } = await readEvidence(context, { run, view, exit: exitOf(fate) })
    return explainHere(context.database, { guild_id: run.guild_id, text, facts })?.code ?? null
  } catch (error) {
    // A failure of the diagnosis must not keep a run from ending.
    context.log.error({ err: error, run: known.run.id }, 'the diagnosis failed')
    return null
  }
}

/** How the engine ended, waited for a moment when it has just said that it failed. */
async function fateAtEnd(context: Context, folder: string, view: RunView): Promise<Fate> {
  const waitUntil = Date.now() + (view.end?.type === 'failed' ? timingOf(context).exitCode : 0)
  let fate = await context.host.fate({ folder })
  while (fate.is === 'running' && Date.now() < waitUntil && !context.signal.aborted) {
    await pause(50, context.signal)
    fate = await context.host.fate({ folder })
  }
  return fate
}

function endingSaid(run: Run, end: NonNullable<RunView['end']>, fate: Fate): Ending {
  switch (end.type) {
    case 'done':
      return { is: 'completed', metrics: end.metrics }
    case 'stopped':
      // An engine that was sent SIGTERM saves too, and does not know who wanted that.
      return { is: 'stopped', by: end.by ?? run.stop_by, checkpoint: end.checkpoint }
    case 'failed': {
      // While model and data were brought here there was nothing to save.
      if (end.code === 'stopped-early' && run.stop_by !== null) return { is: 'cancelled', by: run.stop_by }
      const { exitCode, signal } = exitOf(fate)
      return { is: 'failed', exitCode, signal, cause: null, message: redact(end.message), step: end.step }
    }
  }
}

function endingSeen(run: Run, view: RunView, fate: Fate): Ending {
  if (run.stop_how === 'now' && run.stop_by !== null) return { is: 'cancelled', by: run.stop_by }
  return { is: 'failed', ...exitOf(fate), cause: null, message: describe(fate), step: view.step }
}

function exitOf(fate: Fate): { exitCode: number | null; signal: string | null } {
  return fate.is === 'ended' ? { exitCode: fate.code, signal: fate.signal } : { exitCode: null, signal: null }
}

/** What the supervisor saw, as a sentence. */
function describe(fate: Fate): string {
  if (fate.is !== 'ended') {
    return 'The engine is gone and nobody saw how it ended; the machine may have been restarted.'
  }
  if (fate.signal === 'SIGKILL') {
    return 'The engine was killed (SIGKILL) without a word; most often the machine ran out of memory.'
  }
  if (fate.signal !== null) return `The engine was ended by ${fate.signal} without a word.`
  return `The engine ended with exit code ${String(fate.code)} without saying how the run went.`
}
