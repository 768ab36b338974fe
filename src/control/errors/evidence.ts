import type { Run } from '../../../storage/runs.ts'
import type { RunFacts } from '../../diagnosis/facts.ts'
import { redact } from '../../diagnosis/redact.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import type { RunView } from '../../run/view.ts'
import type { Context } from '../context.ts'

const LOG_BYTES = 64 * 1024

export interface Evidence {
  /** As the engine wrote it: may hold secrets, so it is given to the diagnosis and never stored or shown. */
  text: string
  facts: RunFacts
}

/** How the engine's process ended, as far as the host saw it. */
export interface Exit {
  exitCode: number | null
  signal: string | null
}

/**
 * What the diagnosis gets of a failed run: the engine's own error, or the end of its log when it died without a word, or
 * `refusal` when it never started; and what is known about the run.
 */
export async function readEvidence(
  { host }: Pick<Context, 'host'>,
  { run, view, exit, refusal = '' }: { run: Run; view: RunView; exit: Exit; refusal?: string },
): Promise<Evidence> {
  const own = view.end?.type === 'failed' ? view.end : null
  const log =
    run.folder === null || own ? '' : await host.tail({ folder: run.folder, file: RUN_FOLDER.log, bytes: LOG_BYTES })
  const died = exit.exitCode !== null || exit.signal !== null
  return {
    text: own ? `${own.trace}\n${own.message}` : log.trim() === '' && !died ? refusal : log,
    facts: {
      args: run.spec.args,
      model: run.spec.model,
      dataset: run.spec.dataset,
      step: view.step,
      engineCode: own?.code ?? null,
      engineRemedy: own?.remedy ? redact(own.remedy) : null,
      ...exit,
      ...(view.executor ? { versions: view.executor.versions } : {}),
      ...(view.data ? { labels: view.data.labels, trainRows: view.data.train_rows } : {}),
      ...(view.phase ? { phase: view.phase } : {}),
    },
  }
}
