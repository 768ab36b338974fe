import type { APIThumbnailComponent } from 'discord-api-types/v10'
import { Cover } from './cover.tsx'
import { useInteraction } from './interaction.tsx'
import { mediaUrl } from './media.ts'
import { Picture } from './picture.tsx'

export function Thumbnail({ thumbnail }: { thumbnail: APIThumbnailComponent }) {
  const { message } = useInteraction()
  return (
    <div class="thumbnail">
      <Cover over={thumbnail.spoiler === true}>
        <Picture url={mediaUrl(message, thumbnail.media)} alt={thumbnail.description ?? ''} />
      </Cover>
    </div>
  )
}
