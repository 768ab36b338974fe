import type { Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Button } from '../../src/bot/table.ts'
import { confirmFixCard } from '../../src/cards/fix.ts'
import { type Card, sentence } from '../../src/cards/layout.ts'
import { mendRun } from '../../src/control/errors/mend.ts'
import { whyItFailed } from '../../src/control/errors/why-it-failed.ts'
import { canApply, type Fix, fixId } from '../../src/diagnosis/fix.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { UserError } from '../../src/user-error.ts'
import { placeOf } from './place.ts'

/**
 * Applies a fix of the failure card and relaunches in the same thread. One that changes what is trained asks first. A
 * second press finds the run that the first one made.
 */
export const fixButton: Button = {
  who: 'starter',
  acknowledge: 'private',
  run: async ({ bot, run, arg, interaction }) => {
    const { code, fix } = await fixOf(bot, run, arg)
    return fix.changes_result
      ? confirmFixCard({ run, code, fix })
      : await apply(bot, run, code, fix, interaction.user.id)
  },
}

export const fixForSureButton: Button = {
  who: 'starter',
  acknowledge: 'replace',
  run: async ({ bot, run, arg, interaction }) => {
    const { code, fix } = await fixOf(bot, run, arg)
    return await apply(bot, run, code, fix, interaction.user.id)
  },
}

type ApplicableFix = Fix & { change: Partial<Arguments> }

async function apply(bot: Bot, run: Run, code: string, { change }: ApplicableFix, actor: string): Promise<Card> {
  const { child, launched } = await mendRun(bot.context, { run, code, change, actor })
  if (launched === 'tried') return sentence(`That fix is tried already, in #${child.id}: ${placeOf(child)}`)
  return sentence(
    `#${child.id} ${launched === 'queued' ? 'waits in the queue' : 'runs'} with the fix, in ${placeOf(child)}.`,
  )
}

/** The fix that the button stands for: `<code>.<hash of the change>`, looked up anew. */
async function fixOf(bot: Bot, run: Run, arg: string | null): Promise<{ code: string; fix: ApplicableFix }> {
  const { code, id } = /^(?<code>.*)\.(?<id>[\da-f]+)$/.exec(arg ?? '')?.groups ?? {}
  const { explanation } = await whyItFailed(bot.context, { run })
  const fix = explanation?.code === code ? explanation?.fixes.find((each) => fixId(each) === id) : undefined
  if (explanation && fix && canApply(fix, run.spec.args)) return { code: explanation.code, fix }
  throw new UserError(
    'That fix is from another version of me and is not offered any more.',
    '`/finetune start like:` makes a draft from the run; Edit changes it.',
  )
}
