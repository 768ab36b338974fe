import type { Run } from '../../storage/runs.ts'
import { draftCard } from '../cards/draft.ts'
import type { Card } from '../cards/layout.ts'
import { specHash } from '../cards/receipt.ts'
import type { Context } from '../control/context.ts'
import { hubFacts } from '../control/hub/facts.ts'
import { inspect } from '../control/draft/inspect.ts'
import { pinDraft } from '../control/draft/pin.ts'
import { CHECKS, runChecks } from '../preflight/checks.ts'
import type { Finding } from '../run/finding.ts'

/** What the free line of a draft said that did not become an argument as it was written. */
export interface Written {
  notices: readonly string[]
  refused: readonly string[]
}

/** What is known of drafts beside the record: their checks. Lost with the process, and made again when asked for. */
export interface Drafts {
  /** Remembers what was written for this draft; it is shown until the draft is edited. */
  remember: (run: Run, written: Written) => void
  /** What was written for this draft, as it was remembered. */
  written: (run_id: number) => Written
  card: (run: Run) => Card
  /** Every finding, once all checks have answered. */
  settled: (run: Run) => Promise<readonly Finding[]>
  forget: (run_id: number) => void
}

interface Entry {
  /** What people can change of a draft; its names change only by being pinned, which changes no finding. */
  args: string
  written: Written
  findings: Finding[]
  done: boolean
  all: Promise<readonly Finding[]>
  stop: AbortController
}

const NOTHING: Written = { notices: [], refused: [] }

const argsOf = ({ spec }: Run) => JSON.stringify(spec.args)

/** `changed` is called whenever a check has answered. */
export function makeDrafts({ context, changed }: { context: Context; changed: (run_id: number) => void }): Drafts {
  const entries = new Map<number, Entry>()

  function open(run: Run, written: Written): Entry {
    entries.get(run.id)?.stop.abort()
    const stop = new AbortController()
    const findings = written.refused.map((text): Finding => ({
      check: 'words',
      outcome: 'failed',
      text,
      remedy: 'Press Edit and write it another way.',
    }))
    const entry: Entry = { args: argsOf(run), written, findings, done: false, all: Promise.resolve([]), stop }
    const check = async () => {
      const { guild_id } = run
      const pinned = await pinDraft(context, run).catch((error: unknown) => {
        if (!context.signal.aborted) context.log.error({ err: error, run: run.id }, 'a draft could not be pinned')
        return run
      })
      if (specHash(pinned) !== specHash(run)) changed(run.id)
      await runChecks({
        run: pinned,
        database: context.database,
        config: context.config,
        log: context.log,
        signal: AbortSignal.any([stop.signal, context.signal]),
        hub: hubFacts(context, guild_id),
        inspect: (asked) => inspect(context, { ...asked, guild_id }),
        onFinding: (finding) => {
          findings.push(finding)
          changed(run.id)
        },
      })
    }
    entry.all = check().then(() => {
      entry.done = true
      if (!stop.signal.aborted) changed(run.id)
      return findings
    })
    entries.set(run.id, entry)
    return entry
  }

  function entryOf(run: Run): Entry {
    const entry = entries.get(run.id)
    return entry?.args === argsOf(run) ? entry : open(run, NOTHING)
  }

  return {
    remember: (run, written) => void open(run, written),
    written: (run_id) => entries.get(run_id)?.written ?? NOTHING,
    card: (run) => {
      const { findings, done, written } = entryOf(run)
      const names = CHECKS.map((check) => check.name)
      const pending = done ? 0 : names.filter((name) => !findings.some((finding) => finding.check === name)).length
      const ordered = findings.toSorted((a, b) => names.indexOf(a.check) - names.indexOf(b.check))
      return draftCard({ run, findings: ordered, pending, notices: written.notices })
    },
    settled: (run) => entryOf(run).all,
    forget: (run_id) => {
      entries.get(run_id)?.stop.abort()
      entries.delete(run_id)
    },
  }
}
