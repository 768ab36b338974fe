import { ComponentType } from 'discord-api-types/v10'
import type { Run } from '../../storage/runs.ts'
import { type Card, card, sentence, text } from './layout.ts'
import { runTitle } from './names.ts'

/** The whole log as a file. `log` has its secrets taken out already, and fits. */
export function fullLogCard({ run, log }: { run: Run; log: Buffer }): Card {
  if (log.toString('utf8').trim() === '')
    return sentence(`**Log of ${runTitle(run)}**\nThe engine has written nothing.`)
  const name = `run-${run.id}.log`
  const shown = { type: ComponentType.File as const, file: { url: `attachment://${name}` } }
  return { ...card(text(`**Log of ${runTitle(run)}**`), shown), files: [{ name, attachment: log }] }
}
