import type { APIFileComponent } from 'discord-api-types/v10'
import { FileCard } from '../messages/file-card.tsx'
import { Cover } from './cover.tsx'
import { useInteraction } from './interaction.tsx'
import { fileName, mediaUrl } from './media.ts'

export function File({ file }: { file: APIFileComponent }) {
  const { message } = useInteraction()
  const url = mediaUrl(message, file.file)
  const attachment = message.attachments.find((one) => one.url === url)
  return (
    <Cover over={file.spoiler === true}>
      <FileCard
        url={url}
        name={file.name ?? attachment?.filename ?? fileName(url)}
        bytes={file.size ?? attachment?.size ?? null}
      />
    </Cover>
  )
}
