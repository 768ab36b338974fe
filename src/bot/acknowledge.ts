import {
  type InteractionEditReplyOptions,
  type InteractionReplyOptions,
  MessageFlags,
  type RepliableInteraction,
} from 'discord.js'
import type { Logger } from 'pino'
import type { Card } from '../cards/layout.ts'
import { sentence } from '../cards/layout.ts'
import { UserError } from '../user-error.ts'
import { isLate } from './failures.ts'
import type { Acknowledgement, Answer, Remembered } from './table.ts'

/**
 * Says "I heard you" within Discord's three seconds, before anything else is done. False when it came too late: the
 * work is done all the same, and seen in the channel.
 */
export async function acknowledge(
  interaction: RepliableInteraction,
  how: Acknowledgement,
  log: Logger,
): Promise<boolean> {
  try {
    const onMessage = interaction.isMessageComponent() || (interaction.isModalSubmit() && interaction.isFromMessage())
    if ((how === 'update' || how === 'replace') && onMessage) await interaction.deferUpdate()
    else await interaction.deferReply(how === 'public' ? {} : { flags: MessageFlags.Ephemeral })
    return true
  } catch (error) {
    if (!isLate(error)) throw error
    log.warn({ age: Date.now() - interaction.createdTimestamp, err: error }, 'acknowledged too late')
    return false
  }
}

/** Acknowledges with the answer itself, for all to see. */
export async function answerAtOnce(interaction: RepliableInteraction, answer: Card | Remembered): Promise<void> {
  const { card, shown } = 'card' in answer ? answer : { card: answer, shown: null }
  const response = await interaction.reply({ ...card, withResponse: true })
  const id = response.resource?.message?.id
  if (id !== undefined) shown?.(id)
}

/** Gives the answer where the acknowledgement promised it. */
export async function giveAnswer(
  interaction: RepliableInteraction,
  how: Acknowledgement,
  answer: Answer,
): Promise<void> {
  if (answer === null) {
    if (how === 'public' || how === 'private') await interaction.deleteReply()
    return
  }
  const { card, shown } = 'card' in answer ? answer : { card: answer, shown: null }
  if (how === 'update') await whisper(interaction, card)
  else {
    const { id } = await interaction.editReply(card satisfies InteractionEditReplyOptions)
    shown?.(id)
  }
}

/** A message that only this person sees, whatever was answered before. */
export async function whisper(interaction: RepliableInteraction, card: Card): Promise<void> {
  const message: InteractionReplyOptions = { components: card.components, flags: card.flags | MessageFlags.Ephemeral }
  await (interaction.replied || interaction.deferred ? interaction.followUp(message) : interaction.reply(message))
}

/**
 * A mistake that a person can mend is shown with its remedy. Anything else is logged under an id, and the person gets
 * the id. Never throws.
 */
export async function answerFailure(
  interaction: RepliableInteraction,
  { error, how, log }: { error: unknown; how: Acknowledgement | null; log: Logger },
): Promise<void> {
  if (!(error instanceof UserError)) log.error({ err: error, reference: interaction.id }, 'an interaction failed')
  const card =
    error instanceof UserError
      ? sentence(error.remedy === null ? error.message : `${error.message}\n-# ${error.remedy}`)
      : sentence(`That did not work, and it is not your fault. Reference for whoever runs me: \`${interaction.id}\``)
  try {
    // Where all see "thinking…", all see that it came to nothing: Discord lets no private answer follow it.
    if ((how === 'public' || how === 'private') && interaction.deferred) {
      await interaction.editReply(card satisfies InteractionEditReplyOptions)
    } else await whisper(interaction, card)
  } catch (second) {
    log.warn({ err: second, reference: interaction.id }, 'a failure could not be answered')
  }
}
