import type { Button } from '../../../src/bot/table.ts'
import { pythonCard } from '../../../src/cards/python-script.ts'

/** The same run as a transformers script. */
export const pythonButton: Button = { who: 'anyone', acknowledge: 'private', run: ({ run }) => pythonCard(run) }
