import type { Run } from '../../storage/runs.ts'
import type { RunFacts } from '../diagnosis/facts.ts'
import type { Fate } from '../hosts/host.ts'
import { RUN_FOLDER } from '../run/run-file.ts'
import type { RunView } from '../run/view.ts'
import type { Context } from './context.ts'

const LOG_BYTES = 64 * 1024

export interface Evidence {
  /** As the engine wrote it: may hold secrets, so it is given to the diagnosis and never stored or shown. */
  text: string
  facts: RunFacts
}

/**
 * What the diagnosis gets of a failed run: the engine's own error or, when it died without a word, the end of its log;
 * and what is known about the run.
 */
export async function readEvidence(
  { host }: Pick<Context, 'host'>,
  { run, view, fate }: { run: Run; view: RunView; fate: Fate | null },
): Promise<Evidence> {
  const { spec, folder } = run
  const own = view.end?.type === 'failed' ? view.end : null
  const log = folder === null || own ? '' : await host.tail({ folder, file: RUN_FOLDER.log, bytes: LOG_BYTES })
  return {
    text: own ? `${own.trace}\n${own.message}` : log,
    facts: {
      args: spec.args,
      model: spec.model,
      dataset: spec.dataset,
      step: view.step,
      engineCode: own?.code ?? null,
      exitCode: fate?.is === 'ended' ? fate.code : null,
      signal: fate?.is === 'ended' ? fate.signal : null,
      ...(view.executor ? { versions: view.executor.versions } : {}),
      ...(view.data ? { labels: view.data.labels, trainRows: view.data.train_rows } : {}),
      ...(view.phase ? { phase: view.phase } : {}),
    },
  }
}
