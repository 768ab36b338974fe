import { ApplicationCommandType, InteractionContextType } from 'discord.js'
import type { MessageCommand } from '../../src/bot/table.ts'
import { explained } from '../finetune/explain.ts'
import { everythingSaid } from '../finetune/message-text.ts'

/** In the menu of any message: its text, and a text file that hangs on it. */
export const explainError: MessageCommand = {
  definition: {
    type: ApplicationCommandType.Message,
    name: 'Explain this error',
    contexts: [InteractionContextType.Guild],
  },
  react: {
    acknowledge: 'public',
    run: async ({ bot, interaction }) => explained(bot, interaction, await everythingSaid(interaction.targetMessage)),
  },
}
