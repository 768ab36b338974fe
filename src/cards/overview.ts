import type { Run } from '../../storage/runs.ts'
import { type RunView, secondsLeft } from '../run/view.ts'
import { duration } from './durations.ts'
import { type Card, card, text } from './layout.ts'
import { mark, person, runTitle } from './names.ts'
import { count, percent } from './numbers.ts'

/** Everything that runs or waits, a line or two each. */
export function overviewCard(runs: readonly { run: Run; view: RunView; ahead: number }[]): Card {
  if (runs.length === 0) return card(text('Nothing runs or waits here.', '-# `/finetune start` makes a run.'))
  return card(text('### Running and waiting', ...runs.slice(0, RUNS_SHOWN).map(line), ...more(runs.length)))
}

const RUNS_SHOWN = 15

function more(runs: number): string[] {
  return runs > RUNS_SHOWN ? [`-# and ${count(runs - RUNS_SHOWN, 'more run')}`] : []
}

/** `lost` sounds as if the run were; it may well go on. */
function stands({ state }: Run, ahead: number): string {
  if (state === 'queued') return ahead === 0 ? 'next' : `waits for ${ahead}`
  return state === 'lost' ? 'its host is silent' : state
}

function line({ run, view, ahead }: { run: Run; view: RunView; ahead: number }): string {
  const left = secondsLeft(view)
  const parts = [
    stands(run, ahead),
    view.plan && view.step > 0
      ? `${view.step}/${view.plan.total_steps} (${percent(view.step / view.plan.total_steps)})`
      : null,
    left === null || left < 1 ? null : `about ${duration(left)} left`,
    person(run.created_by),
    run.thread_id === null ? null : `<#${run.thread_id}>`,
  ]
  return `${mark(run.state)} **${runTitle(run)}**\n-# ${parts.filter((part) => part !== null).join(' · ')}`
}
