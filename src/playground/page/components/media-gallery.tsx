import type { APIMediaGalleryComponent } from 'discord-api-types/v10'
import { Cover } from './cover.tsx'
import { useInteraction } from './interaction.tsx'
import { mediaUrl } from './media.ts'
import { Picture } from './picture.tsx'

export function MediaGallery({ gallery: { items } }: { gallery: APIMediaGalleryComponent }) {
  const { message } = useInteraction()
  return (
    <div class={`gallery gallery-${Math.min(items.length, 3)}`}>
      {items.map(({ media, description, spoiler }, index) => (
        <div key={index} class="gallery-item">
          <Cover over={spoiler === true}>
            <Picture
              url={mediaUrl(message, media)}
              alt={description ?? ''}
              {...(media.width && media.height ? { width: media.width, height: media.height } : {})}
            />
          </Cover>
        </div>
      ))}
    </div>
  )
}
