import { type APIMessageTopLevelComponent, ComponentType } from 'discord-api-types/v10'
import { ActionRow } from './action-row.tsx'
import { Container } from './container.tsx'
import { File } from './file.tsx'
import { MediaGallery } from './media-gallery.tsx'
import { Section } from './section.tsx'
import { Separator } from './separator.tsx'
import { TextDisplay } from './text-display.tsx'

/** One component of a message, by its type. */
export function MessageComponent({ component }: { component: APIMessageTopLevelComponent }) {
  switch (component.type) {
    case ComponentType.ActionRow:
      return <ActionRow row={component} />
    case ComponentType.Container:
      return <Container container={component} />
    case ComponentType.File:
      return <File file={component} />
    case ComponentType.MediaGallery:
      return <MediaGallery gallery={component} />
    case ComponentType.Section:
      return <Section section={component} />
    case ComponentType.Separator:
      return <Separator separator={component} />
    case ComponentType.TextDisplay:
      return <TextDisplay display={component} />
  }
}
