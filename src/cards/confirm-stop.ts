import type { Run } from '../../storage/runs.ts'
import { button, type Card, card, row, text } from './layout.ts'
import { runTitle } from './names.ts'

/** Asks before a run is ended without saving. */
export function confirmStopCard(run: Run): Card {
  return card(
    text(
      `End ${runTitle(run)} now?`,
      'What it learned since its last checkpoint is lost. *Stop and save* keeps it and takes one step longer.',
    ),
    row(
      button({ label: 'End it now', look: 'danger', action: 'stop-now-for-sure', run: run.id }),
      button({ label: 'Stop and save instead', action: 'stop-and-save', run: run.id }),
    ),
  )
}
