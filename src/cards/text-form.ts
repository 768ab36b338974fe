import type { APILabelComponent, APIModalInteractionResponseCallbackData } from 'discord-api-types/v10'
import { encodeId, NO_RUN } from './custom-id.ts'
import { TEXT_INPUT_LENGTH } from './limits.ts'
import { textInput } from './text-input.ts'

export const TEXT_FIELD = 'text'

/** Asks for a text to classify. */
export function tryForm(run: { id: number }): APIModalInteractionResponseCallbackData {
  return {
    custom_id: encodeId({ action: 'try', run: run.id }),
    title: `Try #${run.id}`,
    components: [question({ label: 'Text', description: 'The answer stays in this thread.', placeholder: '' })],
  }
}

/** Asks for an error text: a form keeps the lines of what is pasted, a command's option does not. */
export function explainForm(): APIModalInteractionResponseCallbackData {
  return {
    custom_id: encodeId({ action: 'explain', run: NO_RUN }),
    title: 'Explain an error',
    components: [
      question({
        label: 'Error text',
        description: 'The whole output is best; the end of it matters most.',
        placeholder: 'Traceback (most recent call last): …',
      }),
    ],
  }
}

function question(written: { label: string; description: string; placeholder: string }): APILabelComponent {
  return textInput({ name: TEXT_FIELD, long: true, most: TEXT_INPUT_LENGTH, ...written })
}
