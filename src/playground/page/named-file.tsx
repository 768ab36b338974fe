import type { UploadedFile } from '../protocol.ts'
import { CloseIcon } from './icons.tsx'

/** A chosen file by its name, with the way to take it out again. */
export function NamedFile({ file, onRemove }: { file: UploadedFile; onRemove: () => void }) {
  return (
    <>
      <span>{file.name}</span>
      <button type="button" class="icon-button" aria-label={`Remove ${file.name}`} onClick={onRemove}>
        <CloseIcon />
      </button>
    </>
  )
}
