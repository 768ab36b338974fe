import { type APIActionRowComponent, type APIComponentInMessageActionRow, ComponentType } from 'discord-api-types/v10'
import { Button } from './button.tsx'
import { MessageSelect } from './message-select.tsx'

export function ActionRow({ row }: { row: APIActionRowComponent<APIComponentInMessageActionRow> }) {
  return (
    <div class="action-row">
      {row.components.map((component, index) =>
        component.type === ComponentType.Button ? (
          <Button key={index} button={component} />
        ) : (
          <MessageSelect key={component.custom_id} select={component} />
        ),
      )}
    </div>
  )
}
