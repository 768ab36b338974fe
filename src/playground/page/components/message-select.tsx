import type { APISelectMenuComponent } from 'discord-api-types/v10'
import { usePage } from '../screen-context.ts'
import { useInteraction } from './interaction.tsx'
import { selectChoices, selectDefaults } from './select-choices.ts'
import { SelectMenu } from './select-menu.tsx'

/** A select of a message: what is chosen goes to the bot at once. */
export function MessageSelect({ select }: { select: APISelectMenuComponent }) {
  const { state } = usePage()
  const interaction = useInteraction()
  return (
    <SelectMenu
      choices={selectChoices(state, select)}
      chosen={selectDefaults(select)}
      placeholder={select.placeholder ?? 'Make a selection'}
      min={select.min_values ?? 1}
      max={select.max_values ?? 1}
      disabled={select.disabled === true}
      waiting={interaction.waiting === select.custom_id}
      onChoose={(values) => interaction.waiting === null && interaction.select(select.custom_id, values)}
    />
  )
}
