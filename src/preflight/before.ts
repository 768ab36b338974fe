import { isDeepStrictEqual } from 'node:util'
import { listTried } from '../../storage/fixes.ts'
import { listRuns } from '../../storage/runs.ts'
import { CATALOGUE } from '../diagnosis/catalogue/all.ts'
import { type Check, warning } from './check.ts'

/** Runs that are looked at; what failed longer ago may be mended since. */
const RUNS_ASKED = 200

/** The same run failed here before: what it failed of, and what helped. */
export const beforeCheck: Check = {
  name: 'before',
  look: ({ run, database }) => {
    const same = listRuns(database, {
      guild_id: run.guild_id,
      states: ['completed', 'stopped', 'failed'],
      limit: RUNS_ASKED,
    }).find(({ id, spec, host }) => id !== run.id && host === run.host && isDeepStrictEqual(spec, run.spec))
    // One that went well since has proven that it can run.
    if (same?.ending?.is !== 'failed') return Promise.resolve(null)
    const { cause, message } = same.ending
    const title = CATALOGUE.find(({ code }) => code === cause)?.title
    const why = title === undefined ? message : `${title} (${String(cause)})`
    const helped = cause === null ? [] : listTried(database, { guild_id: run.guild_id, code: cause })
    const worked = helped.find((tried) => tried.worked.length > 0)
    return Promise.resolve(
      warning(
        `The same run failed in #${same.id}: ${why}`,
        worked
          ? `Changing ${worked.fix.replaceAll(' ', ' and ')} helped in #${String(worked.worked.at(-1))}.`
          : `The card of #${same.id} says what mends it.`,
      ),
    )
  },
}
