import { type APISectionComponent, ComponentType } from 'discord-api-types/v10'
import { Button } from './button.tsx'
import { TextDisplay } from './text-display.tsx'
import { Thumbnail } from './thumbnail.tsx'

export function Section({ section: { components, accessory } }: { section: APISectionComponent }) {
  return (
    <div class="section">
      <div class="section-texts">
        {components.map((display, index) => (
          <TextDisplay key={index} display={display} />
        ))}
      </div>
      <div class="section-accessory">
        {accessory.type === ComponentType.Button ? <Button button={accessory} /> : <Thumbnail thumbnail={accessory} />}
      </div>
    </div>
  )
}
