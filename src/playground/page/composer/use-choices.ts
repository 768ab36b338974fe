import { useEffect, useState } from 'preact/hooks'
import type { OptionValues } from '../../protocol.ts'
import { usePage } from '../screen-context.ts'
import { autocompletes, type Draft, type Field, knownChoices, readDraft } from './draft.ts'

export interface Choice {
  name: string
  value: string | number | boolean
}

export type Choices =
  { are: 'free' } | { are: 'loading' } | { are: 'failed'; error: string } | { are: 'these'; choices: readonly Choice[] }

const debounceMs = 180
const mostChoices = 25

/** What the option under the cursor can be: known choices that fit the text, or what the bot offers for it. */
export function useChoices(channel: string, draft: Draft, field: Field | null): Choices {
  const { state, ask } = usePage()
  const [offered, setOffered] = useState<{ for: string; choices: Choices } | null>(null)
  const asks = field !== null && autocompletes(field.option)
  const key = field ? `${field.option.name} ${field.text}` : ''

  useEffect(() => {
    if (!asks) return
    let stale = false
    const timer = setTimeout(async () => {
      const answer = await ask({
        do: 'autocomplete',
        channel,
        command: draft.command.path,
        options: optionsSoFar(draft, field),
        focused: field.option.name,
      })
      if (stale) return
      setOffered({
        for: key,
        choices: answer.ok
          ? { are: 'these', choices: (answer.choices ?? []).slice(0, mostChoices) }
          : { are: 'failed', error: answer.error },
      })
    }, debounceMs)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [asks, key, channel])

  if (!field) return { are: 'free' }
  if (asks) return offered?.for === key ? offered.choices : { are: 'loading' }
  const known = knownChoices(field.option, state)
  if (!known) return { are: 'free' }
  const typed = field.chosen === null ? field.text.trim().toLowerCase() : ''
  return { are: 'these', choices: known.filter(({ name }) => name.toLowerCase().includes(typed)).slice(0, mostChoices) }
}

/** Every option that can be read, and the one being typed as it stands. */
function optionsSoFar(draft: Draft, field: Field): OptionValues {
  const { options } = readDraft(draft)
  return { ...options, [field.option.name]: field.text }
}
