import type { APIContainerComponent } from 'discord-api-types/v10'
import { colourOf } from '../names.ts'
import { MessageComponent } from './component.tsx'
import { Cover } from './cover.tsx'

export function Container({ container }: { container: APIContainerComponent }) {
  const accent = colourOf(container.accent_color)
  return (
    <div
      class={accent ? 'container container-accented' : 'container'}
      style={accent ? { borderLeftColor: accent } : {}}
    >
      <Cover over={container.spoiler === true}>
        {container.components.map((component, index) => (
          <MessageComponent key={index} component={component} />
        ))}
      </Cover>
    </div>
  )
}
