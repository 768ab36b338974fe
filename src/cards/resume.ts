import type { APIButtonComponent } from 'discord-api-types/v10'
import type { Run } from '../../storage/runs.ts'
import { whyNotResumable } from '../run/resumable.ts'
import type { RunView } from '../run/view.ts'
import { button, type Card, card, row, sentence, text } from './layout.ts'
import { person, runTitle } from './names.ts'

/** Goes on from the last checkpoint of a run that ended before its time; none where nothing would come of it. */
export function resumeButton(run: Run, view: RunView): APIButtonComponent[] {
  if (run.state === 'completed' || whyNotResumable(view) !== null) return []
  return [button({ label: 'Resume', action: 'resume', run: run.id })]
}

/** `resumed from step 250 of #41`; nothing of a run that began at the beginning. */
export function resumedLine({ parent_id }: Run, { resumed }: RunView): string[] {
  return resumed === null || parent_id === null ? [] : [`resumed from step ${resumed.step} of #${parent_id}`]
}

/** Opens the story of a run that goes on where another one ended, in the thread that they share. */
export function resumingCard(run: Run, parent_id: number): Card {
  return sentence(
    `↻ **${runTitle(run)}** goes on from the last checkpoint of #${parent_id}, by ${person(run.created_by)}`,
  )
}

/** The run could be resumed if its folder were still there: the other way is offered. */
export function checkpointsGoneCard(run: Run): Card {
  return card(
    text(
      `The checkpoints of #${run.id} are not on ${run.host} any more, so it cannot go on. It can start from the start.`,
    ),
    row(button({ label: 'Run again', action: 'again', run: run.id })),
  )
}
