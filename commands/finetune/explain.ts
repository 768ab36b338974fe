import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type ChatInputCommandInteraction,
} from 'discord.js'
import type { Bot } from '../../src/bot/bot.ts'
import type { Call, LooseForm, Reaction, Subcommand } from '../../src/bot/table.ts'
import { explanationCard } from '../../src/cards/explanation.ts'
import type { Card } from '../../src/cards/layout.ts'
import { explainForm, TEXT_FIELD } from '../../src/cards/text-form.ts'
import { answerText } from '../../src/control/answer.ts'
import { UserError } from '../../src/user-error.ts'
import { linkedMessage, linkLeadsNowhere, type MessageLink, readMessageLink } from './message-link.ts'
import { everythingSaid, readAttachment } from './message-text.ts'

type Interaction = ChatInputCommandInteraction<'cached'>

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'explain',
  description: 'What an error text means and what mends it; without options a form opens',
  options: [
    { type: ApplicationCommandOptionType.String, name: 'text', description: 'The error text', max_length: 6000 },
    { type: ApplicationCommandOptionType.Attachment, name: 'file', description: 'A log file' },
    {
      type: ApplicationCommandOptionType.String,
      name: 'message',
      description: 'The link of a message with the error (Copy Message Link)',
      max_length: 200,
    },
  ],
} as const satisfies APIApplicationCommandSubcommandOption

export const explain: Subcommand = {
  definition,
  react: ({ options, channelId }): Reaction<Call<Interaction>> => {
    const text = options.getString('text')
    const file = options.getAttachment('file')
    const message = options.getString('message')
    if (text === null && file === null && message === null) return { acknowledge: 'form', form: explainForm }
    const link = readMessageLink(message ?? text ?? '')
    return {
      // What was said in another channel is not repeated in this one.
      acknowledge: link && link.channel !== channelId ? 'private' : 'public',
      refuse: ({ interaction }) => {
        if (link && link.guild !== interaction.guildId) throw linkLeadsNowhere()
        if (message !== null && !link) {
          throw new UserError(
            '`message` takes the link of a message.',
            'In the menu of a message, *Copy Message Link* gives it; `text` takes the error itself.',
          )
        }
      },
      run: async ({ bot, interaction }) => {
        const parts = [
          link && message === null ? '' : (text ?? ''),
          file ? await readAttachment(file) : '',
          link ? await linkedText(bot, interaction, link) : '',
        ]
        return explained(bot, interaction, parts.join('\n'))
      },
    }
  },
}

async function linkedText({ client }: Bot, { member }: Interaction, link: MessageLink): Promise<string> {
  return await everythingSaid(await linkedMessage(client, { link, member }))
}

export const explainAnswer: LooseForm = {
  who: 'no run',
  acknowledge: 'public',
  run: ({ bot, interaction }) => explained(bot, interaction, interaction.fields.getTextInputValue(TEXT_FIELD)),
}

/** The card for a text of anybody. Throws UserError when it is empty. */
export function explained(
  { context }: Bot,
  { guildId, user }: { guildId: string; user: { id: string } },
  text: string,
): Card {
  if (text.trim() === '') {
    throw new UserError('Expected an error text, got nothing.', 'Paste the output of the program that failed.')
  }
  return explanationCard({
    answered: answerText(context.database, { guild_id: guildId, text, asked_by: user.id }),
  })
}
