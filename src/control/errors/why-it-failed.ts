import { readView } from '../../../storage/events.ts'
import type { Run } from '../../../storage/runs.ts'
import type { Answered } from '../../diagnosis/answered.ts'
import type { RunView } from '../../run/view.ts'
import { answerText } from './answer.ts'
import type { Context } from '../context.ts'
import { type Evidence, readEvidence } from './evidence.ts'

/**
 * The cause of a failed run, with its own numbers in the fixes. The same run gets the same answer each time, so that the
 * buttons of its card still fit.
 */
export async function whyItFailed(
  context: Context,
  { run, view = readView(context.database, run.id) }: { run: Run; view?: RunView },
): Promise<Answered> {
  const failure = run.ending?.is === 'failed' ? run.ending : null
  const { text, facts } = await readEvidence(context, {
    run,
    view,
    exit: { exitCode: failure?.exitCode ?? null, signal: failure?.signal ?? null },
    refusal: failure?.message ?? '',
  }).catch((error: unknown): Evidence => {
    // A host that does not answer must not keep the failure from being told.
    context.log.warn({ err: error, run: run.id }, 'the log of a failed run cannot be read')
    return { text: failure?.message ?? '', facts: { args: run.spec.args } }
  })
  return answerText(context.database, { guild_id: run.guild_id, text, facts, run_id: run.id, asked_by: 'bot' })
}
