import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Ask, connect } from './connection.ts'
import { readPlace } from './place.ts'
import { emptyScreen, fold, type PageEvent, type Screen } from './store.ts'

const rememberedPerson = 'playground.person'

/** The screen, kept up to date by the server. The tab remembers who it was, over reloads and lost connections. */
export function useScreen(): { screen: Screen; ask: Ask; tell: (event: PageEvent) => void } {
  const latest = useRef<Screen>({ ...emptyScreen, place: readPlace(location.hash) })
  const [screen, setScreen] = useState(latest.current)
  const [ask, setAsk] = useState<Ask | null>(null)

  const tell = useMemo(() => {
    return (event: Parameters<typeof fold>[1]) => {
      const next = fold(latest.current, event, Date.now())
      if (next === latest.current) return
      latest.current = next
      setScreen(next)
    }
  }, [])

  useEffect(() => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const connection = connect({
      url: `${scheme}://${location.host}/client`,
      told: (notice) => {
        const person = sessionStorage.getItem(rememberedPerson)
        if (notice.say === 'state' && person !== null && person !== notice.state.me) {
          // A fresh line starts as whom the server likes; this tab goes on as whom it was.
          if (notice.state.people.some(({ user }) => user.id === person)) {
            void connection.ask({ do: 'be', user: person })
            return
          }
          sessionStorage.removeItem(rememberedPerson)
        }
        tell(notice)
      },
      changed: (up) => tell({ page: 'connection', connection: up ? 'open' : 'lost' }),
    })
    setAsk(() => (verb: Parameters<Ask>[0]) => {
      if (verb.do === 'be') sessionStorage.setItem(rememberedPerson, verb.user)
      return connection.ask(verb)
    })
  }, [tell])

  return { screen, tell, ask: ask ?? notYet }
}

const notYet: Ask = () => Promise.resolve({ id: 0, ok: false, error: 'The page is still connecting. Try again.' })
