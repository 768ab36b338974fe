import type { APIFileUploadComponent } from 'discord-api-types/v10'
import { useRef } from 'preact/hooks'
import type { UploadedFile } from '../../protocol.ts'
import { FileIcon } from '../icons.tsx'
import { NamedFile } from '../named-file.tsx'
import { readUpload } from '../read-upload.ts'
import type { FieldProps } from './modal-field.tsx'

/** Files of a modal, chosen or dropped. */
export function FileUpload({
  input,
  files,
  onFiles,
  labelledBy,
  describedBy,
  invalid,
}: FieldProps & {
  input: APIFileUploadComponent
  files: readonly UploadedFile[]
  onFiles: (files: readonly UploadedFile[]) => void
}) {
  const chooser = useRef<HTMLInputElement>(null)
  const most = input.max_values ?? 1
  const add = async (chosen: Iterable<File>) => {
    const read = await Promise.all(Array.from(chosen, readUpload))
    onFiles([...files, ...read].slice(-most))
  }
  return (
    <div
      class="upload"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void add(event.dataTransfer?.files ?? [])
      }}
    >
      <button
        type="button"
        class="upload-button"
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onClick={() => chooser.current?.click()}
      >
        Drop {most > 1 ? `up to ${most} files` : 'a file'} here, or <span class="link">browse</span>
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        name={input.custom_id}
        multiple={most > 1}
        accept={input.file_types?.map((type) => (type.startsWith('.') ? type : `${type}/*`)).join(',')}
        onChange={(event) => void add(event.currentTarget.files ?? [])}
      />
      {files.map((file, index) => (
        <p key={index} class="upload-file">
          <FileIcon />
          <NamedFile file={file} onRemove={() => onFiles(files.filter((_, at) => at !== index))} />
        </p>
      ))}
    </div>
  )
}
