import type { ModalSubmitInteraction } from 'discord.js'
import { type Answer, setAnswerCode } from '../../storage/answers.ts'
import { findRun } from '../../storage/runs.ts'
import { findTaught, forgetTaught, listTaught, recallTaught, teach, type TaughtRow } from '../../storage/taught.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { checkManages } from '../../src/bot/permissions.ts'
import type { LooseButton, LooseForm } from '../../src/bot/table.ts'
import { explanationCard } from '../../src/cards/explanation.ts'
import { failureCard } from '../../src/cards/failure.ts'
import { type Card, sentence } from '../../src/cards/layout.ts'
import { forgottenCard, notTaughtCard, TEACH_FIELDS, type TeachField, teachForm } from '../../src/cards/teach.ts'
import { whyItFailed } from '../../src/control/errors/why-it-failed.ts'
import { NEVER_SEEN } from '../../src/diagnosis/answered.ts'
import { redact } from '../../src/diagnosis/redact.ts'
import { codeOfTaught, explainTaught, problemsOfTeaching, taughtLine } from '../../src/diagnosis/taught.ts'
import { UserError } from '../../src/user-error.ts'
import { readView } from '../../storage/events.ts'
import { answerOf } from './wrong.ts'

/** Opens the form in which somebody who manages the server says what an unknown error means. */
export const teachButton: LooseButton = {
  who: 'no run',
  acknowledge: 'form',
  form: ({ bot, interaction, run_id, arg }) => {
    checkManages(interaction.memberPermissions)
    const { id, line } = answerOf(bot, interaction.guildId, arg)
    return teachForm({ answer: id, run: run_id, line })
  },
}

/** Learns it, when its line tells it apart from ordinary logs and known causes; the card then says it. */
export const teachAnswer: LooseForm = {
  who: 'no run',
  acknowledge: 'update',
  refuse: ({ interaction }) => checkManages(interaction.memberPermissions),
  run: async ({ bot, interaction, arg }) => {
    const { database } = bot.context
    const { guildId: guild_id, user } = interaction
    const answer = answerOf(bot, guild_id, arg)
    const written = readFields(interaction)
    const problems = problemsOfTeaching({ ...written, taught: listTaught(database, guild_id) })
    if (problems.length > 0) return notTaughtCard({ problems, written })

    const id = teach(database, { ...written, line: taughtLine(written.line), guild_id, taught_by: user.id })
    const taught = findTaught(database, { id, guild_id })
    if (!taught) throw new Error(`Expected ${codeOfTaught(id)} to be in the record.`)
    await interaction.editReply(await learnedCard(bot, answer, taught))
    return sentence(
      `Learned as ${codeOfTaught(id)}; it explains that line on this server from now on. \`/finetune taught\` lists all.`,
    )
  },
}

/** No secret is kept, whoever typed it. */
function readFields({ fields }: ModalSubmitInteraction): Record<TeachField, string> {
  const read = (name: TeachField) => redact(fields.getTextInputValue(name).trim()).slice(0, TEACH_FIELDS[name])
  return { title: read('title'), line: read('line'), why: read('why'), remedy: read('remedy') }
}

/** The card that asked, now with the answer. Of a text that a person brought only one line was kept. */
async function learnedCard(bot: Bot, answer: Answer, taught: TaughtRow): Promise<Card> {
  const { context } = bot
  const run = answer.run_id === null ? null : findRun(context.database, answer.run_id)
  if (run) {
    const view = readView(context.database, run.id)
    return failureCard({ run, view, answered: await whyItFailed(context, { run, view }) })
  }
  setAnswerCode(context.database, { id: answer.id, code: codeOfTaught(taught.id) })
  const explanation = explainTaught({ text: `${answer.line}\n${taught.line}`, taught: [taught] })
  return explanationCard({ answered: { id: answer.id, explanation, first: null, seen: NEVER_SEEN } })
}

export const forgetButton: LooseButton = {
  who: 'no run',
  acknowledge: 'private',
  refuse: ({ interaction }) => checkManages(interaction.memberPermissions),
  run: ({ bot, interaction, arg }) => {
    const taught = taughtOf(bot, interaction.guildId, arg)
    forgetTaught(bot.context.database, { id: taught.id, guild_id: interaction.guildId, actor: interaction.user.id })
    return forgottenCard(taught)
  },
}

export const recallButton: LooseButton = {
  who: 'no run',
  acknowledge: 'replace',
  refuse: ({ interaction }) => checkManages(interaction.memberPermissions),
  run: ({ bot, interaction, arg }) => {
    const { id } = taughtOf(bot, interaction.guildId, arg)
    recallTaught(bot.context.database, { id, guild_id: interaction.guildId })
    return sentence(`${codeOfTaught(id)} is used again.`)
  },
}

function taughtOf({ context }: Bot, guild_id: string, arg: string | null): TaughtRow {
  const taught = /^\d{1,9}$/.test(arg ?? '') ? findTaught(context.database, { id: Number(arg), guild_id }) : null
  if (taught) return taught
  throw new UserError('This server was taught nothing of that number.', '`/finetune taught` lists what it was taught.')
}
