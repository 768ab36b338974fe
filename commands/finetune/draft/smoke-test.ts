import type { Button } from '../../../src/bot/table.ts'
import { SMOKE_TEST_STEPS } from '../../../src/cards/draft.ts'
import { checkCanStart } from './launch.ts'
import { sentence } from '../../../src/cards/layout.ts'
import { launchRun } from '../../../src/control/run/launch.ts'
import { repeatRun } from '../../../src/control/draft/relaunch.ts'
import type { Arguments } from '../../../src/run/arguments.ts'

/** Few steps and few rows: whether it runs at all, before the real one is launched. */
const SMOKE = {
  max_steps: SMOKE_TEST_STEPS,
  max_train_samples: 200,
  max_eval_samples: 50,
  eval_strategy: 'steps',
  eval_steps: SMOKE_TEST_STEPS,
  save_strategy: 'no',
  logging_strategy: 'steps',
  logging_steps: 1,
  load_best_model_at_end: false,
  early_stopping_patience: null,
} as const satisfies Partial<Arguments>

/** A run of its own; the draft stays as it is. */
export const smokeTestButton: Button = {
  who: 'starter',
  acknowledge: 'private',
  run: async ({ bot, run, interaction }) => {
    await checkCanStart(bot, run)
    const actor = interaction.user.id
    const smoke = repeatRun(bot.context, { id: run.id, args: SMOKE, actor })
    const launched = await launchRun(bot.context, { id: smoke.id, actor })
    return sentence(
      `Smoke test #${smoke.id} ${launched === 'queued' ? 'waits in the queue' : 'runs'}, ${SMOKE_TEST_STEPS} steps. The draft stays.`,
    )
  },
}
