import { useState } from 'preact/hooks'
import { fileSize } from '../components/media.ts'
import { DownloadIcon, FileIcon } from '../icons.tsx'

const readable = /\.(?:txt|log|json|jsonl|md|py|ts|js|csv|yaml|yml|toml|diff|patch|html|css|sh)$/i
const previewCharacters = 20_000

/** A file: its name, its size, a way to save it, and a look into it where it is text. */
export function FileCard({ url, name, bytes }: { url: string; name: string; bytes: number | null }) {
  const [text, setText] = useState<string | null>(null)
  const look = async () => {
    if (text !== null) {
      setText(null)
      return
    }
    try {
      const response = await fetch(url)
      setText(response.ok ? (await response.text()).slice(0, previewCharacters) : 'The file could not be read.')
    } catch {
      setText('The file could not be read.')
    }
  }
  return (
    <div class="file-card">
      <div class="file-line">
        <FileIcon />
        <span class="file-words">
          <a class="link" href={url} download={name} target="_blank" rel="noreferrer noopener">
            {name}
          </a>
          {bytes !== null && <small>{fileSize(bytes)}</small>}
        </span>
        {readable.test(name) && (
          <button
            type="button"
            class="button button-secondary"
            aria-expanded={text !== null}
            onClick={() => void look()}
          >
            {text === null ? 'View' : 'Hide'}
          </button>
        )}
        <a class="icon-button" href={url} download={name} aria-label={`Download ${name}`}>
          <DownloadIcon />
        </a>
      </div>
      {text !== null && (
        <pre class="file-text" tabIndex={0}>
          {text}
        </pre>
      )}
    </div>
  )
}
