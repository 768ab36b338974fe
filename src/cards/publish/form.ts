import { type APIModalInteractionResponseCallbackData, ComponentType } from 'discord-api-types/v10'
import type { Publish } from '../../../storage/publishes.ts'
import { encodeId } from '../custom-id.ts'
import { textInput } from '../text-input.ts'

export const REPOSITORY_FIELD = 'repository'
export const VISIBILITY_FIELD = 'visibility'

/** Asks where else it shall go. */
export function publishForm({
  run,
  publish,
}: {
  run: { id: number }
  publish: Publish
}): APIModalInteractionResponseCallbackData {
  return {
    custom_id: encodeId({ action: 'publish-change-form', run: run.id, arg: String(publish.id) }),
    title: `Publish #${run.id}`,
    components: [
      textInput({
        name: REPOSITORY_FIELD,
        label: 'Repository',
        description: 'account/name, or organization/name. One that is there already is updated.',
        value: publish.repository,
        most: 193,
      }),
      {
        type: ComponentType.Label,
        label: 'Visibility',
        description: 'Of a new repository. One that is there already stays what it is.',
        component: {
          type: ComponentType.RadioGroup,
          custom_id: VISIBILITY_FIELD,
          required: true,
          options: [
            { label: 'private', value: 'private', default: publish.private },
            { label: 'public', value: 'public', default: !publish.private },
          ],
        },
      },
    ],
  }
}
