import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { ModelFile } from '../../../storage/publishes.ts'
import type { Run } from '../../../storage/runs.ts'
import { evalResults, evalResultsPath } from '../../engine/export/eval-results.ts'
import { modelCard } from '../../engine/export/model-card.ts'
import { receiptSection } from '../../engine/export/receipt.ts'
import type { PublishFile } from '../../hub/publish.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import type { RunView } from '../../run/view.ts'
import { UserError } from '../../user-error.ts'

const CARD = 'README.md'

/** The run's model folder. Throws UserError when the run has none. */
export function modelFolderOf({ id, state, folder }: Run): string {
  if (folder !== null && (state === 'completed' || state === 'stopped')) return join(folder, RUN_FOLDER.model)
  throw new UserError(
    `Run #${id} is ${state}, so there is no model to publish.`,
    'Publish a run that has finished, or was stopped and saved.',
  )
}

/** What of a model folder is published as it is, with its sizes, in the order of its paths. Throws UserError without one. */
export async function listModelFiles(run: Run): Promise<ModelFile[]> {
  const folder = modelFolderOf(run)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries
    // A link could lead to any file of this machine.
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== CARD && !path.split('/').some((part) => part.startsWith('.')))
    .sort()
  if (!paths.includes('config.json')) {
    throw new UserError(
      `The model folder of run #${run.id} is gone from this machine.`,
      'Run again makes the same model anew.',
    )
  }
  return await Promise.all(paths.map(async (path) => ({ path, size: (await stat(join(folder, path))).size })))
}

/** Everything that is published of a run: its files, the card, and the results in the form that the Hub reads. */
export async function filesToPublish({
  run,
  view,
  repository,
  approvals,
}: {
  run: Run
  view: RunView
  repository: string
  approvals: number
}): Promise<PublishFile[]> {
  const folder = modelFolderOf(run)
  const files = await listModelFiles(run)
  const results = resultsOf(run, view)
  return [
    ...files.map(({ path }) => ({ path, content: { file: join(folder, path) } })),
    { path: CARD, content: await cardOf({ run, view, repository, approvals, folder }) },
    ...(results === null ? [] : [results]),
  ]
}

/**
 * The results as the Hub's leaderboards read them; null when the dataset is not one of the Hub (it is built in, or a file
 * of this machine: no commit of it is known), or when no accuracy was measured.
 */
export function resultsOf(
  { spec, ended_at, created_at }: Run,
  view: RunView,
): { path: string; content: string } | null {
  const { dataset, dataset_revision: revision } = spec
  const evaluation = keptEvaluation(view)
  if (revision === undefined || evaluation === null) return null
  const content = evalResults({ dataset, revision, evaluation, date: ended_at ?? created_at })
  return content === null ? null : { path: evalResultsPath(dataset), content }
}

function keptEvaluation({ evaluations, end }: RunView) {
  const best = end?.type === 'done' ? end.best_step : null
  return evaluations.findLast(({ step }) => step === best) ?? evaluations.at(-1) ?? null
}

async function cardOf({
  run,
  view,
  repository,
  approvals,
  folder,
}: {
  run: Run
  view: RunView
  repository: string
  approvals: number
  folder: string
}): Promise<string> {
  const written = await readFile(join(folder, CARD), 'utf8').catch(() => '')
  const facts = {
    name: basename(repository),
    license: frontMatter(written, 'license'),
    base_model: frontMatter(written, 'base_model'),
    uses_dropout: await usesDropout(folder),
  }
  const receipt = receiptSection({
    run: run.id,
    ended_at: run.ended_at ?? run.created_at,
    spec: run.spec,
    approvals,
    resumed: view.resumed === null || run.parent_id === null ? null : { run: run.parent_id, step: view.resumed.step },
  })
  return `${modelCard({ view, spec: run.spec, facts }).trimEnd()}\n\n${receipt}`
}

/** A value of the front matter that the engine wrote. */
function frontMatter(card: string, name: string): string | null {
  const [, front = ''] = /^---\n([\s\S]*?)\n---/.exec(card) ?? []
  return new RegExp(`^${name}: *["']?([\\w./-]+)`, 'm').exec(front)?.[1] ?? null
}

async function usesDropout(folder: string): Promise<boolean> {
  const config = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')))
  return Object.entries(config).some(
    ([key, value]) => key.includes('dropout') && typeof value === 'number' && value > 0,
  )
}
