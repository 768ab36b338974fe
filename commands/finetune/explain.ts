import { setTimeout as sleep } from 'node:timers/promises'
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
import { answerText } from '../../src/control/errors/answer.ts'
import { UserError } from '../../src/user-error.ts'
import { linkedMessage, linkLeadsNowhere, type MessageLink, readMessageLink } from './message-link.ts'
import { everythingSaid, readAttachment } from './message-text.ts'

type Interaction = ChatInputCommandInteraction<'cached'>

/** How long a link is followed before the command is acknowledged. */
const LINK_MS = 1000

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
    let linked: Promise<string> | null = null
    const readLinked = ({ bot, interaction }: Call<Interaction>) => {
      linked ??= link ? linkedText(bot, interaction, link) : Promise.resolve('')
      return linked
    }
    return {
      // What was said in another channel is not repeated in this one.
      acknowledge: link && link.channel !== channelId ? 'private' : 'public',
      refuse: async (call) => {
        if (link && link.guild !== call.interaction.guildId) throw linkLeadsNowhere()
        if (message !== null && !link) {
          throw new UserError(
            '`message` takes the link of a message.',
            'In the menu of a message, *Copy Message Link* gives it; `text` takes the error itself.',
          )
        }
        // A message that is gone, or without its text, is nobody else's business; a slow answer is waited for in public.
        if (link) await Promise.race([readLinked(call), sleep(LINK_MS, undefined, { ref: false })])
      },
      run: async (call) => {
        const parts = [
          link && message === null ? '' : (text ?? ''),
          file ? await readAttachment(file) : '',
          await readLinked(call),
        ]
        return explained(call.bot, call.interaction, parts.join('\n'))
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
