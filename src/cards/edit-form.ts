import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10'
import type { Run } from '../../storage/runs.ts'
import { type ArgumentName, ARGUMENTS, type Arguments } from '../run/arguments.ts'
import { writeFreeLine } from '../run/free-line.ts'
import { changedArguments, writeValue } from '../run/spec.ts'
import { encodeId } from './custom-id.ts'
import { TEXT_INPUT_LENGTH } from './limits.ts'
import { textInput } from './text-input.ts'
import { clip } from './user-text.ts'

/** What people change most, each with a field of its own; the fifth field of Discord's five is a free line. */
export const EDIT_FIELDS = [
  'learning_rate',
  'num_train_epochs',
  'per_device_train_batch_size',
  'max_length',
] as const satisfies readonly ArgumentName[]
export const EDIT_REST = 'rest'

/** The arguments that the free line of the form holds: what differs from the default and has no field. */
export function restOf(args: Arguments): Partial<Arguments> {
  const fields: readonly ArgumentName[] = EDIT_FIELDS
  return Object.fromEntries(
    changedArguments(args)
      .filter((name) => !fields.includes(name))
      .map((name) => [name, args[name]]),
  )
}

export function editForm(run: Run): APIModalInteractionResponseCallbackData {
  const rest = writeFreeLine(restOf(run.spec.args))
  return {
    custom_id: encodeId({ action: 'edit', run: run.id }),
    title: `Draft #${run.id}`,
    components: [
      ...EDIT_FIELDS.map((name) =>
        textInput({ name, label: name, description: ARGUMENTS[name].help, value: writeValue(run.spec.args[name]) }),
      ),
      textInput({
        name: EDIT_REST,
        label: 'Everything else',
        description: 'name value, name value … What you take out goes back to its default.',
        value: clip(rest, TEXT_INPUT_LENGTH),
        long: true,
        required: false,
      }),
    ],
  }
}
