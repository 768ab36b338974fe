import { MessageFlags } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'
import { Cover } from '../components/cover.tsx'
import { Picture } from '../components/picture.tsx'
import { FileCard } from './file-card.tsx'

const pictureName = /\.(?:png|jpe?g|gif|webp|svg|avif)$/i

/** Files of a message. In a Components V2 message only its components show them, as Discord does. */
export function Attachments({ message }: { message: ShownMessage }) {
  if (((message.flags ?? 0) & MessageFlags.IsComponentsV2) !== 0) return null
  return (
    <>
      {message.attachments.map(({ id, url, filename, size, content_type, description, width, height }) =>
        content_type?.startsWith('image/') || pictureName.test(filename) ? (
          <div key={id} class="attached-picture">
            <Cover over={filename.startsWith('SPOILER_')}>
              <Picture url={url} alt={description ?? ''} {...(width && height ? { width, height } : {})} />
            </Cover>
          </div>
        ) : (
          <FileCard key={id} url={url} name={filename} bytes={size} />
        ),
      )}
    </>
  )
}
