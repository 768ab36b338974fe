import { InteractionResponseType as Callback } from 'discord-api-types/v10'
import type { OpenModal } from '../protocol.ts'
import type { Change } from './changes.ts'
import { eventually } from './eventually.ts'
import type { Interaction, Response } from './interactions.ts'
import { buttonsOf, messageText, modalText, type ButtonOnScreen } from './screen.ts'
import type { State } from './state.ts'

/** How long a bot that has acknowledged may take to show something. */
const RESPONSE_MS = 10_000
/** A bot that only acknowledged a press need not change anything. */
const QUIET_MS = 1_500

/** What a person has in front of them after doing something. */
export interface Screen {
  /** The bot's message or modal as plain text; empty where the bot only acknowledged. */
  text: string
  channel: string
  /** Id of the message; null for a modal. */
  message: string | null
  ephemeral: boolean
  /** The bot deferred and has not answered within ten seconds. */
  thinking: boolean
  buttons: ButtonOnScreen[]
  modal: OpenModal | null
}

/** Waits until the bot has shown something, and reads it. */
export async function outcome(state: State, interaction: Interaction): Promise<Screen> {
  const { source } = interaction
  let changed = false
  const watch = (change: Change) => {
    if (change.is === 'message updated' && change.message === source) changed = true
  }
  state.changes.on('change', watch)
  try {
    const callback = await interaction.acknowledged
    // A bot that deferred its update may also edit the message with its own token.
    const patience = callback === Callback.DeferredMessageUpdate ? QUIET_MS : RESPONSE_MS
    const seen: { response: Response | null } = { response: null }
    void interaction.responded.then(
      (response) => (seen.response = response),
      () => undefined,
    )
    const settled = () => seen.response !== null || (callback === Callback.DeferredMessageUpdate && changed)
    await eventually(state, () => settled() || null, patience, interaction.responded)
    return read(state, interaction, seen.response)
  } finally {
    state.changes.off('change', watch)
  }
}

function read(state: State, interaction: Interaction, response: Response | null): Screen {
  const nothing: Screen = {
    text: '',
    channel: interaction.channel.id,
    message: null,
    ephemeral: false,
    thinking: false,
    buttons: [],
    modal: null,
  }
  if (response?.is === 'modal') {
    const { id, modal } = response.modal
    return { ...nothing, text: modalText(state, { id, modal }), modal: { id, modal } }
  }
  const message = response?.is === 'message' ? response.message : response === null ? interaction.original : null
  if (message === null) return nothing
  return {
    ...nothing,
    text: messageText(state, message),
    message: message.shown.id,
    ephemeral: message.onlyFor !== null,
    thinking: message.shown.thinking === true,
    buttons: buttonsOf(message),
  }
}
