import type { ComponentChildren } from 'preact'
import { createContext } from 'preact'
import { useContext, useEffect, useRef } from 'preact/hooks'

const CloseContext = createContext<() => void>(() => undefined)

/** A menu: the first item has the focus, arrows move, Enter picks, and focus goes back to where it was. */
export function Menu({
  label,
  onClose,
  children,
}: {
  label: string
  onClose: () => void
  children: ComponentChildren
}) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement
    items(ref.current)[0]?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  const key = (event: KeyboardEvent) => {
    const all = items(ref.current)
    const at = all.findIndex((item) => item === document.activeElement)
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }
    const to = moves[event.key]
    if (event.key === 'Tab') onClose()
    if (to === undefined) return
    event.preventDefault()
    all[(to + all.length) % all.length]?.focus()
  }
  return (
    <CloseContext.Provider value={onClose}>
      <div ref={ref} class="menu" role="menu" aria-label={label} onKeyDown={key}>
        {children}
      </div>
    </CloseContext.Provider>
  )
}

const items = (menu: HTMLElement | null) =>
  menu ? Array.from(menu.querySelectorAll<HTMLElement>('[role^="menuitem"]')) : []

export function MenuItem({
  icon,
  danger = false,
  checked,
  onPick,
  children,
}: {
  icon: ComponentChildren
  danger?: boolean
  checked?: boolean
  onPick: () => void
  children: ComponentChildren
}) {
  const close = useContext(CloseContext)
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      tabIndex={-1}
      class={danger ? 'menu-item menu-item-danger' : 'menu-item'}
      onClick={() => {
        close()
        onPick()
      }}
    >
      <span class="menu-words">{children}</span>
      {icon}
    </button>
  )
}

export function MenuTitle({ children }: { children: ComponentChildren }) {
  return (
    <p class="menu-title" role="presentation">
      {children}
    </p>
  )
}
