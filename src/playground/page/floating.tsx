import { autoUpdate, computePosition, flip, offset, type Placement, shift, size } from '@floating-ui/dom'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Something that floats beside its anchor, above everything else, until a press elsewhere or Esc closes it. */
export function Floating({
  anchor,
  placement,
  label,
  matchWidth = false,
  onClose,
  children,
}: {
  anchor: Element | { x: number; y: number }
  placement: Placement
  label: string
  matchWidth?: boolean
  onClose: () => void
  children: ComponentChildren
}) {
  const ref = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const box = ref.current
    if (!box) return
    box.showPopover()
    const reference =
      anchor instanceof Element
        ? anchor
        : { getBoundingClientRect: () => DOMRect.fromRect({ x: anchor.x, y: anchor.y, width: 0, height: 0 }) }
    const place = async () => {
      const { x, y } = await computePosition(reference, box, {
        placement,
        strategy: 'fixed',
        middleware: [
          offset(4),
          flip({ padding: 8 }),
          shift({ padding: 8 }),
          size({
            padding: 8,
            apply: ({ availableHeight, rects }) => {
              box.style.maxHeight = `${Math.max(120, availableHeight)}px`
              if (matchWidth) box.style.width = `${rects.reference.width}px`
            },
          }),
        ],
      })
      box.style.left = `${x}px`
      box.style.top = `${y}px`
    }
    if (anchor instanceof Element) return autoUpdate(anchor, box, () => void place())
    void place()
    return undefined
  }, [anchor, placement, matchWidth])

  useEffect(() => {
    const pressed = (event: Event) => {
      if (!(event.target instanceof Node) || ref.current?.contains(event.target)) return
      if (anchor instanceof Element && anchor.contains(event.target)) return
      onClose()
    }
    const typed = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      event.preventDefault()
      onClose()
    }
    document.addEventListener('pointerdown', pressed)
    document.addEventListener('keydown', typed, true)
    return () => {
      document.removeEventListener('pointerdown', pressed)
      document.removeEventListener('keydown', typed, true)
    }
  }, [anchor, onClose])

  return (
    <div ref={ref} class="floating" popover="manual" aria-label={label}>
      {children}
    </div>
  )
}
