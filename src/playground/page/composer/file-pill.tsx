import { useRef } from 'preact/hooks'
import type { UploadedFile } from '../../protocol.ts'
import { readUpload } from '../read-upload.ts'
import type { Field } from './draft.ts'

/** An option whose value is a file. */
export function FilePill({
  field: { option, file },
  wrong,
  onEnter,
  onFile,
}: {
  field: Field
  wrong: boolean
  onEnter: () => void
  onFile: (file: UploadedFile | null) => void
}) {
  const input = useRef<HTMLInputElement>(null)
  const choose = async (chosen: File | undefined) => onFile(chosen ? await readUpload(chosen) : null)
  return (
    <span class={wrong ? 'pill pill-wrong' : 'pill'}>
      <span class="pill-name">{option.name}</span>
      <button
        type="button"
        class="pill-file"
        data-option={option.name}
        aria-label={`${option.name}: ${file?.name ?? 'choose a file'}`}
        onFocus={onEnter}
        onClick={() => input.current?.click()}
      >
        {file?.name ?? 'Choose a file'}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={option.name}
        onChange={(event) => void choose(event.currentTarget.files?.[0])}
      />
    </span>
  )
}
