import { brokenRules } from '../diagnosis/argument-rules.ts'
import { planOf } from '../engine/plan.ts'
import { type Check, failed, offer, warning } from './check.ts'
import { trainRows } from './steps.ts'

/** What arguments do to each other: said before the run rather than by it. Nothing to say when they fit. */
export const argumentsCheck: Check = {
  name: 'arguments',
  look: async ({ run, inspection }) => {
    const { args } = run.spec
    const found = await inspection
    const totalSteps = found ? planOf({ rows: trainRows(found, args), args }).totalSteps : null
    const broken = brokenRules(args, { totalSteps, problem_type: found?.problem_type ?? args.problem_type })
    if (broken.length === 0) return null
    const say = broken.some(({ stops }) => stops) ? failed : warning
    const offers = broken.flatMap(({ change }) => (change ? [offer(change)] : []))
    return say(broken.map(({ text }) => text).join('; '), broken.map(({ remedy }) => remedy).join(' '), offers)
  },
}
