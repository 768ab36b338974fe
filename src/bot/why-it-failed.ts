import type { Run } from '../../storage/runs.ts'
import type { Context } from '../control/context.ts'
import { explain, type Explanation } from '../diagnosis/explain.ts'
import { redact } from '../diagnosis/redact.ts'
import { RUN_FOLDER } from '../run/run-file.ts'
import type { RunView } from '../run/view.ts'

const LOG_BYTES = 64 * 1024

/**
 * The cause of a run's failure, from the engine's own error or, when it died without a word, from the end of its log.
 * The same run gets the same answer each time, so that the buttons of its card still fit.
 */
export async function whyItFailed(
  context: Context,
  { run, view }: { run: Run; view: RunView },
): Promise<Explanation | null> {
  const failure = run.ending?.is === 'failed' ? run.ending : null
  const own = view.end?.type === 'failed' ? view.end : null
  const text = own ? `${own.trace}\n${own.message}` : `${await readLog(context, run)}\n${failure?.message ?? ''}`
  return explain({
    text,
    facts: {
      args: run.spec.args,
      model: run.spec.model,
      dataset: run.spec.dataset,
      step: view.step,
      engineCode: own?.code ?? failure?.cause ?? null,
      exitCode: failure?.exitCode ?? null,
      signal: failure?.signal ?? null,
      ...(view.executor ? { versions: view.executor.versions } : {}),
      ...(view.data ? { labels: view.data.labels, trainRows: view.data.train_rows } : {}),
      ...(view.phase ? { phase: view.phase } : {}),
    },
  })
}

/** The end of what the engine printed, without secrets; empty when it printed nothing. */
export async function readLog(context: Context, { folder }: Pick<Run, 'folder'>): Promise<string> {
  if (folder === null) return ''
  return redact(await context.host.tail({ folder, file: RUN_FOLDER.log, bytes: LOG_BYTES }))
}
