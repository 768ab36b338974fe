import { type Card, card, text } from './layout.ts'
import { runTitle } from './names.ts'
import type { Run } from '../../storage/runs.ts'
import { codeBlock } from './user-text.ts'

export const LOG_LINES = 40
const LOG_LENGTH = 3600

/** The end of the engine's output. `log` has its secrets taken out already. When it is too long, the end wins. */
export function logCard({ run, log }: { run: Run; log: string }): Card {
  const lines = log.trimEnd().split('\n').slice(-LOG_LINES)
  const kept = lines.join('\n').slice(-LOG_LENGTH)
  if (kept.trim() === '') return card(text(`**Log of ${runTitle(run)}**`, 'The engine has written nothing.'))
  return card(
    text(`**Log of ${runTitle(run)}**, last ${lines.length} lines`, codeBlock(kept, { length: LOG_LENGTH + 20 })),
  )
}
