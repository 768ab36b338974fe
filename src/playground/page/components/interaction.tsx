import { createContext } from 'preact'
import { useContext, useMemo, useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import type { ShownMessage, Verb } from '../../protocol.ts'
import { usePage } from '../screen-context.ts'

/** What a button or select of a message can do, and how its last press went. */
export interface Interaction {
  message: ShownMessage
  press: (customId: string) => void
  select: (customId: string, values: readonly string[]) => void
  /** The component that is waiting for the bot. */
  waiting: string | null
  failed: string | null
}

const InteractionContext = createContext<Interaction | null>(null)

export function useInteraction(): Interaction {
  const interaction = useContext(InteractionContext)
  if (!interaction) throw new Error('A component needs an InteractionProvider around it')
  return interaction
}

export function InteractionProvider({ message, children }: { message: ShownMessage; children: ComponentChildren }) {
  const { ask } = usePage()
  const [waiting, setWaiting] = useState<string | null>(null)
  const [failed, setFailed] = useState<string | null>(null)

  const interaction = useMemo(() => {
    const start = async (customId: string, verb: Verb) => {
      setFailed(null)
      setWaiting(customId)
      const answer = await ask(verb)
      setWaiting(null)
      if (!answer.ok) setFailed(answer.error)
    }
    const where = { channel: message.channel_id, message: message.id }
    return {
      message,
      waiting,
      failed,
      press: (customId: string) => void start(customId, { do: 'press', ...where, custom_id: customId }),
      select: (customId: string, values: readonly string[]) =>
        void start(customId, { do: 'select', ...where, custom_id: customId, values }),
    }
  }, [ask, message, waiting, failed])

  return <InteractionContext.Provider value={interaction}>{children}</InteractionContext.Provider>
}

/** Said under the components of a message when the bot did not answer a press. */
export function InteractionFailed() {
  const { failed } = useInteraction()
  if (failed === null) return null
  const plain = 'This interaction failed'
  return (
    <p class="interaction-failed" role="alert">
      {plain}
      {failed === plain ? '' : `: ${failed}`}
    </p>
  )
}
