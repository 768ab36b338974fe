import { transition } from '../../../storage/moves.ts'
import { getRun, type Run } from '../../../storage/runs.ts'
import { isOfHub } from '../../engine/hub.ts'
import { redact } from '../../diagnosis/redact.ts'
import { RUN_FILE_VERSION, RUN_FOLDER, RunFile } from '../../run/run-file.ts'
import { isLive } from '../../run/state.ts'
import { UserError } from '../../user-error.ts'
import { announce, type Context } from '../context.ts'
import { hubEnvironment, hubOf, NO_HUB } from '../hub/hub.ts'

/**
 * Makes the run's folder and asks the host to start its launch. Safe to repeat: a launch starts once.
 * A host that refuses makes the run failed, with the reason.
 */
export async function startEngine(context: Context, run: Run): Promise<void> {
  const { host, database, log } = context
  const { id, folder, launch } = run
  if (folder === null || launch === null) throw new Error(`Expected run #${id} to have a folder and a launch.`)
  try {
    await host.prepare({ folder, files: { [RUN_FOLDER.run]: writeRunFile(context, run, launch) } })
    // Somebody may have stopped it while the folder was made.
    if (!isLive(getRun(database, id).state)) return
    await host.start({ folder, launch, env: await environmentOf(context, run) })
  } catch (error) {
    log.warn({ err: error, run: id }, 'the engine did not start')
    if (!(await mayLive(context, folder, error))) fail(context, id, error)
    return
  }
  if (!isLive(getRun(database, id).state)) await host.signal({ folder, signal: 'SIGKILL' })
}

function writeRunFile({ config }: Context, { id, spec, resume_from }: Run, launch: string): string {
  const file = RunFile.parse({
    version: RUN_FILE_VERSION,
    run: id,
    launch,
    spec,
    models_folder: config.modelsFolder,
    datasets_folder: config.datasetsFolder,
    cache_folder: config.cacheFolder,
    ...(resume_from !== null && { resume_from_checkpoint: resume_from }),
  } satisfies RunFile)
  return `${JSON.stringify(file, null, 2)}\n`
}

/** A run that needs no Hub starts without one: a token that cannot be read is not in its way. */
async function environmentOf(
  context: Context,
  { spec, guild_id }: Run,
): Promise<Readonly<Record<string, string | undefined>>> {
  const { modelsFolder, datasetsFolder } = context.config
  const asked = await Promise.allSettled([
    isOfHub({ folder: modelsFolder, path: spec.model, what: 'model' }),
    isOfHub({ folder: datasetsFolder, path: spec.dataset, what: 'dataset' }),
  ])
  // What may not be read is for the engine to say.
  return asked.some((each) => each.status === 'fulfilled' && each.value)
    ? hubEnvironment(hubOf(context, guild_id))
    : NO_HUB
}

/** Whether the engine may have started although the answer was an error. */
async function mayLive({ host }: Context, folder: string, error: unknown): Promise<boolean> {
  if (error instanceof UserError) return false
  try {
    return (await host.fate({ folder })).is !== 'not-started'
  } catch {
    return true
  }
}

function fail(context: Context, id: number, error: unknown): void {
  const said = error instanceof UserError ? error.text : error instanceof Error ? error.message : String(error)
  const reason = redact(said)
  const message = `The engine could not be started. ${reason}`
  const { state } = getRun(context.database, id)
  if (!isLive(state)) return
  transition(context.database, {
    id,
    from: state,
    to: 'failed',
    actor: 'bot',
    reason: message,
    set: { ending: { is: 'failed', exitCode: null, signal: null, cause: null, message, step: null } },
  })
  announce(context, id)
}
