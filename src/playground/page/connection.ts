import type { Answer, FromServer, Notice, Verb } from '../protocol.ts'

/** Sends a verb and waits for its answer. A lost connection is an answer too: `ok: false`. Never rejects. */
export type Ask = (verb: Verb) => Promise<Answer>

export interface Connection {
  ask: Ask
}

const lost = 'The connection to the playground was lost. Nothing was sent.'
const firstPauseMs = 400
const longestPauseMs = 5000

/** One WebSocket that comes back by itself. `told` gets every notice, `changed` whether the line is up. */
export function connect({
  url,
  told,
  changed,
}: {
  url: string
  told: (notice: Notice) => void
  changed: (up: boolean) => void
}): Connection {
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  let pauseMs = firstPauseMs
  let socket = open()

  function open(): WebSocket {
    const opened = new WebSocket(url)
    opened.addEventListener('open', () => {
      pauseMs = firstPauseMs
      changed(true)
    })
    opened.addEventListener('message', ({ data }) => {
      const said = JSON.parse(String(data)) as FromServer
      if (said.say !== 'answer') {
        told(said)
        return
      }
      waiting.get(said.id)?.(said)
      waiting.delete(said.id)
    })
    opened.addEventListener('close', () => {
      changed(false)
      for (const [id, settle] of waiting) settle({ id, ok: false, error: lost })
      waiting.clear()
      setTimeout(() => (socket = open()), pauseMs)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    })
    return opened
  }

  return {
    ask: (verb) =>
      new Promise((settle) => {
        const id = ++lastId
        if (socket.readyState !== WebSocket.OPEN) {
          settle({ id, ok: false, error: lost })
          return
        }
        waiting.set(id, settle)
        socket.send(JSON.stringify({ ...verb, id }))
      }),
  }
}
