import type { UploadedFile } from '../../protocol.ts'
import { FileIcon } from '../icons.tsx'
import { NamedFile } from '../named-file.tsx'

/** Files that will go with the message, each with a way to take it out again. */
export function AttachedFiles({
  files,
  onFiles,
}: {
  files: readonly UploadedFile[]
  onFiles: (files: readonly UploadedFile[]) => void
}) {
  if (files.length === 0) return null
  return (
    <ul class="attached-files" aria-label="Attached files">
      {files.map((file, index) => (
        <li key={index}>
          {file.url.startsWith('data:image/') ? <img src={file.url} alt="" /> : <FileIcon />}
          <NamedFile file={file} onRemove={() => onFiles(files.filter((_, at) => at !== index))} />
        </li>
      ))}
    </ul>
  )
}
