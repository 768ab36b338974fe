import { useRef, useState } from 'preact/hooks'
import { CloseIcon } from '../icons.tsx'

/** A picture that opens large when it is pressed. Its alternative text is shown there too, for everyone. */
export function Picture({ url, alt, width, height }: { url: string; alt: string; width?: number; height?: number }) {
  const [open, setOpen] = useState(false)
  const size = width && height ? { width, height } : {}
  return (
    <>
      <button type="button" class="picture" aria-label={alt || 'Open the picture'} onClick={() => setOpen(true)}>
        <img src={url} alt={alt} {...size} />
      </button>
      {open && <Lightbox url={url} alt={alt} onClose={() => setOpen(false)} />}
    </>
  )
}

function Lightbox({ url, alt, onClose }: { url: string; alt: string; onClose: () => void }) {
  const opened = useRef(false)
  const show = (dialog: HTMLDialogElement | null) => {
    if (!dialog || opened.current) return
    opened.current = true
    dialog.showModal()
  }
  return (
    <dialog class="lightbox" ref={show} aria-label="Picture" onClose={onClose} onClick={onClose}>
      <figure>
        <img src={url} alt={alt} />
        {alt && <figcaption>{alt}</figcaption>}
      </figure>
      <button type="button" class="icon-button lightbox-close" aria-label="Close">
        <CloseIcon />
      </button>
    </dialog>
  )
}
