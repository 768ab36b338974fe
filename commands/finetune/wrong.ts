import { type Answer, findAnswer, object, takeBackObjection } from '../../storage/answers.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { LooseButton } from '../../src/bot/table.ts'
import { objectionCard, takenBackCard } from '../../src/cards/objection.ts'
import { UserError } from '../../src/user-error.ts'

/** Somebody says that an answer is wrong. The same text says so from then on, here. */
export const wrongButton: LooseButton = {
  who: 'no run',
  acknowledge: 'private',
  run: ({ bot, interaction, run_id, arg }) => {
    const answer = answerOf(bot, interaction.guildId, arg)
    object(bot.context.database, { answer_id: answer.id, person: interaction.user.id })
    return objectionCard({ answer: answer.id, run: run_id, code: answer.code })
  },
}

export const notWrongButton: LooseButton = {
  who: 'no run',
  acknowledge: 'replace',
  run: ({ bot, interaction, arg }) => {
    const { id } = answerOf(bot, interaction.guildId, arg)
    takeBackObjection(bot.context.database, { answer_id: id, person: interaction.user.id })
    return takenBackCard()
  },
}

/** The answer that a button stands for. Throws UserError when this server has none of that number. */
export function answerOf({ context }: Bot, guild_id: string, arg: string | null): Answer {
  const answer = /^\d{1,12}$/.test(arg ?? '') ? findAnswer(context.database, { id: Number(arg), guild_id }) : null
  if (answer) return answer
  throw new UserError('That answer is not in the record of this server.', 'Ask again with `/finetune explain`.')
}
