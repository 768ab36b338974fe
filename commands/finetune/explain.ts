import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type Attachment,
  type ChatInputCommandInteraction,
} from 'discord.js'
import type { Call, LooseForm, Reaction, Subcommand } from '../../src/bot/table.ts'
import { explanationCard } from '../../src/cards/explanation.ts'
import type { Card } from '../../src/cards/layout.ts'
import { explainForm, TEXT_FIELD } from '../../src/cards/text-form.ts'
import { explain as explainText } from '../../src/diagnosis/explain.ts'
import { redact } from '../../src/diagnosis/redact.ts'
import { UserError } from '../../src/user-error.ts'

type Interaction = ChatInputCommandInteraction<'cached'>

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'explain',
  description: 'What an error text means and what mends it; without options a form opens',
  options: [
    { type: ApplicationCommandOptionType.String, name: 'text', description: 'The error text', max_length: 6000 },
    { type: ApplicationCommandOptionType.Attachment, name: 'file', description: 'A log file' },
  ],
} as const satisfies APIApplicationCommandSubcommandOption

export const explain: Subcommand = {
  definition,
  react: ({ options }): Reaction<Call<Interaction>> => {
    const text = options.getString('text')
    const file = options.getAttachment('file')
    if (text === null && file === null) return { acknowledge: 'form', form: explainForm }
    return {
      acknowledge: 'public',
      run: async () => explained(`${text ?? ''}\n${file ? await readAttachment(file) : ''}`),
    }
  },
}

export const explainAnswer: LooseForm = {
  who: 'no run',
  acknowledge: 'public',
  run: ({ interaction }) => explained(interaction.fields.getTextInputValue(TEXT_FIELD)),
}

/** The card for a text of anybody. Throws UserError when it is empty. */
export function explained(text: string): Card {
  if (text.trim() === '') {
    throw new UserError('Expected an error text, got nothing.', 'Paste the output of the program that failed.')
  }
  return explanationCard({ explanation: explainText({ text }), text: redact(text) })
}

const FILE_BYTES = 4_000_000
const FILE_MS = 10_000

/** A log file as text. Throws UserError when it is too large, or is no text. */
export async function readAttachment({ url, size, name }: Pick<Attachment, 'url' | 'size' | 'name'>): Promise<string> {
  if (size > FILE_BYTES) {
    throw new UserError(`\`${name}\` has ${(size / 1e6).toFixed(1)} MB; 4 MB are read.`, 'Send the end of it.')
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(FILE_MS) })
  if (!response.ok)
    throw new UserError(`\`${name}\` could not be read from Discord (${response.status}).`, 'Send it again.')
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.includes(0)) throw new UserError(`\`${name}\` is not a text file.`, 'Send the log as text.')
  return new TextDecoder().decode(bytes)
}
