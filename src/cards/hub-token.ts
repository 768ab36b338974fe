import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10'
import { encodeId, NO_RUN } from './custom-id.ts'
import { button, type Card, card, row, text } from './layout.ts'
import { textInput } from './text-input.ts'
import { inlineCode } from './user-text.ts'

export const TOKEN_FIELD = 'token'

/** Asks for a token. Discord shows what is typed; nobody but the person who types it sees the form. */
export function hubTokenForm(): APIModalInteractionResponseCallbackData {
  return {
    custom_id: encodeId({ action: 'hub-token-form', run: NO_RUN }),
    title: 'Hub token of this server',
    components: [
      textInput({
        name: TOKEN_FIELD,
        label: 'Token',
        description: 'Best a fine-grained one that may write to one namespace. It is kept encrypted.',
        placeholder: 'hf_…',
        least: 8,
        most: 250,
      }),
    ],
  }
}

/** Asks before a server's token is forgotten. */
export function confirmRemoveTokenCard(account: string | null): Card {
  return card(
    text(
      `Remove the Hub token${account === null ? '' : ` of ${inlineCode(account)}`} from this server?`,
      'It is deleted here and stays good on the Hub; who it belongs to revokes it there. After that this server uses the token of whoever runs the bot, if there is one.',
    ),
    row(
      button({ label: 'Remove it', look: 'danger', action: 'hub-token-remove-for-sure', run: NO_RUN }),
      button({ label: 'Keep it', action: 'settings', run: NO_RUN }),
    ),
  )
}
