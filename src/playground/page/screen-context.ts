import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { State } from '../protocol.ts'
import type { Ask } from './connection.ts'
import type { Place } from './place.ts'
import type { PageEvent, Screen } from './store.ts'

/** What every part of the page may use. `state` is the server's, and is there from the first render on. */
export interface Page {
  screen: Screen
  state: State
  ask: Ask
  tell: (event: PageEvent) => void
  /** Opens a channel, or a thread beside its channel. */
  go: (place: Place) => void
  openChannel: (id: string) => void
  /** Puts a command into the composer of the channel that is open. */
  compose: (command: string) => void
}

export const PageContext = createContext<Page | null>(null)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (!page) throw new Error('usePage needs a PageContext around it')
  return page
}
