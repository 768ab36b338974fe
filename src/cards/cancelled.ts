import type { Run } from '../../storage/runs.ts'
import type { RunView } from '../run/view.ts'
import { ACCENT, button, type Card, card, container, row, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { resumeButton } from './resume.ts'

/** The end of a run that was stopped without saving. */
export function cancelledCard({ run, view }: { run: Run; view: RunView }): Card {
  const by = run.ending?.is === 'cancelled' ? ` by ${person(run.ending.by)}` : ''
  const kept = view.checkpoints.at(-1)
  return card(
    container(
      ACCENT.draft,
      text(
        `### ■ ${runTitle(run)} was stopped${by}`,
        view.step > 0 ? `at step ${view.step}; nothing was saved after that.` : 'before it made an update.',
        ...(kept ? [`The last checkpoint is at step ${kept.step}.`] : []),
        `-# ${person(run.created_by)}`,
      ),
    ),
    row(...resumeButton(run, view), button({ label: 'Run again', action: 'again', run: run.id })),
  )
}
