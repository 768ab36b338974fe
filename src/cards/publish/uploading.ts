import { ACCENT, button, type Card, card, container, row, text } from '../layout.ts'
import { megabytes, percent } from '../numbers.ts'
import { inlineCode } from '../user-text.ts'
import { head, type PublishOnCard } from './shown.ts'

/** How far an upload has come. */
export function uploadingCard(shown: PublishOnCard): Card {
  const { publish, run } = shown
  return card(
    container(ACCENT.live, head(shown, 'Publishing'), text(...progressLines(shown))),
    row(button({ label: 'Stop', action: 'publish-stop', run: run.id, arg: String(publish.id) })),
  )
}

function progressLines({ progress }: PublishOnCard): string[] {
  if (progress === null || progress.phase === 'comparing') return ['Compares with what is there …']
  if (progress.phase === 'committing') return ['Commits …']
  const { done, of } = progress.bytes
  if (of === 0) return ['Uploads …']
  return [`Uploads ${megabytes(done)} of ${megabytes(of)} (${percent(done / of)})`, inlineCode(bar(done / of))]
}

const BAR = 20

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}
