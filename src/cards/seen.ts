import type { Seen } from '../diagnosis/answered.ts'
import { type Fix, kindOfFix } from '../diagnosis/fix.ts'
import { person } from './names.ts'
import { count } from './numbers.ts'
import { plain } from './user-text.ts'

const RUNS_NAMED = 4
const KINDS_NAMED = 3
const PEOPLE_NAMED = 3

/** `seen in 4 runs of this server · fix 1 worked in #17 and #29`; nothing where there is nothing to tell. */
export function seenLines({ seen, fixes }: { seen: Seen; fixes: readonly Fix[] }): string[] {
  const tried = seen.tried.slice(0, KINDS_NAMED).map(({ fix, worked, failed }) => {
    const number = fixes.findIndex((each) => each.change !== undefined && kindOfFix(each) === fix) + 1
    const name = number > 0 ? `fix ${number}` : `changing ${plain(fix.replaceAll(' ', ' and '), 80)}`
    if (worked.length === 0) return `${name} did not help in ${count(failed, 'run')}`
    return `${name} worked in ${runs(worked)}${failed === 0 ? '' : `, not in ${failed} other${failed === 1 ? '' : 's'}`}`
  })
  const times = seen.failures > 1 ? [`seen in ${seen.failures} runs of this server`] : []
  const said = [...times, ...tried]
  const people = seen.objections.slice(0, PEOPLE_NAMED).map(person)
  const others = seen.objections.length - people.length
  return [
    ...(said.length === 0 ? [] : [`-# here: ${said.join(' · ')}`]),
    ...(people.length === 0
      ? []
      : [`-# ⚠ ${people.join(', ')}${others > 0 ? ` and ${others} more` : ''} said that this answer is wrong`]),
  ]
}

/** `#17, #29 and #31`, the newest when there are many. */
function runs(ids: readonly number[]): string {
  const named = ids.slice(-RUNS_NAMED).map((id) => `#${id}`)
  const more = ids.length - named.length
  const listed = [named.slice(0, -1).join(', '), named.at(-1)].filter(Boolean).join(' and ')
  return more > 0 ? `${listed} and ${more} earlier` : listed
}
