import { readView } from '../../storage/events.ts'
import type { Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Button } from '../../src/bot/table.ts'
import { whyItFailed } from '../../src/bot/why-it-failed.ts'
import { sentence } from '../../src/cards/layout.ts'
import { launchRun } from '../../src/control/launch.ts'
import { repeatRun } from '../../src/control/relaunch.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { UserError } from '../../src/user-error.ts'
import { childLike } from './again.ts'
import { placeOf } from './place.ts'

/** Applies a fix of the failure card and relaunches. A second press finds the run that the first one made. */
export const fixButton: Button = {
  who: 'starter',
  acknowledge: 'private',
  run: async ({ bot, run, arg, interaction }) => {
    const args = await changeOf(bot, run, arg)
    const before = childLike(bot, run, args).find(({ state }) => state !== 'draft' && state !== 'discarded')
    if (before) return sentence(`That fix is tried already, in #${before.id}: ${placeOf(before)}`)
    const actor = interaction.user.id
    const child = repeatRun(bot.context, { id: run.id, args, actor })
    const launched = await launchRun(bot.context, { id: child.id, actor })
    return sentence(
      `#${child.id} ${launched === 'queued' ? 'waits in the queue' : 'runs'} with the fix, in <#${child.channel_id}>.`,
    )
  },
}

/** The change that the button stands for: `<code>.<number of the fix>`, looked up anew. */
async function changeOf(bot: Bot, run: Run, arg: string | null): Promise<Partial<Arguments>> {
  const { code, index } = /^(?<code>.*)\.(?<index>\d+)$/.exec(arg ?? '')?.groups ?? {}
  const explanation = await whyItFailed(bot.context, { run, view: readView(bot.context.database, run.id) })
  const fix = explanation?.code === code ? explanation?.fixes[Number(index)] : undefined
  if (fix?.applicability === 'apply' && fix.change) return fix.change
  throw new UserError(
    'That fix is from another version of me and is not offered any more.',
    '`/finetune start like:` makes a draft from the run; Edit changes it.',
  )
}
