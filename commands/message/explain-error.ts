import { ApplicationCommandType, InteractionContextType, type Message } from 'discord.js'
import type { MessageCommand } from '../../src/bot/table.ts'
import { textOf } from '../../src/cards/layout.ts'
import { explained, readAttachment } from '../finetune/explain.ts'

/** In the menu of any message: its text, and a text file that hangs on it. */
export const explainError: MessageCommand = {
  definition: {
    type: ApplicationCommandType.Message,
    name: 'Explain this error',
    contexts: [InteractionContextType.Guild],
  },
  react: {
    acknowledge: 'public',
    run: async ({ interaction }) => explained(await everythingSaid(interaction.targetMessage)),
  },
}

const TEXT_FILE = /\.(?:txt|log|out|err|md|json|jsonl|py|ipynb)$/i

async function everythingSaid(message: Message): Promise<string> {
  const file = message.attachments.find(
    ({ name, contentType }) => TEXT_FILE.test(name) || contentType?.startsWith('text/') === true,
  )
  const parts = [
    message.content,
    textOf(message.components.map((component) => component.toJSON())),
    ...message.embeds.map(({ title, description }) => `${title ?? ''}\n${description ?? ''}`),
    file ? await readAttachment(file) : '',
  ]
  return parts.join('\n')
}
