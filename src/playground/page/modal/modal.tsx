import { type APIModalInteractionResponseCallbackComponent, ComponentType } from 'discord-api-types/v10'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { OpenModal, UploadedFile } from '../../protocol.ts'
import { Avatar } from '../avatar.tsx'
import { Waiting } from '../components/button.tsx'
import { CloseIcon } from '../icons.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import { type Answers, checkAnswers, firstAnswers } from './answers.ts'
import { ModalField } from './modal-field.tsx'

/** A modal that the bot opened. The dialog element keeps the focus inside and closes on Esc. */
export function Modal({ opened }: { opened: OpenModal }) {
  const { state, ask, tell } = usePage()
  const { modal } = opened
  const dialog = useRef<HTMLDialogElement>(null)
  const [answers, setAnswers] = useState<Answers>(() => firstAnswers(modal))
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<string | null>(null)
  const wrong = checkAnswers(modal, answers)

  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    dialog.current?.querySelector<HTMLElement>('input:not([hidden]), textarea, [role=combobox]')?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  const close = () => {
    tell({ page: 'modal closed' })
    void ask({ do: 'close modal', modal: opened.id })
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending) return
    setTried(true)
    setFailed(null)
    if (Object.keys(wrong).length > 0) {
      setTimeout(() => dialog.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
      return
    }
    setSending(true)
    const { values, files } = answers
    const answer = await ask({
      do: 'submit',
      modal: opened.id,
      values,
      ...(Object.keys(files).length > 0 ? { files } : {}),
    })
    setSending(false)
    if (answer.ok) tell({ page: 'modal closed' })
    else setFailed(answer.error)
  }

  const field = (component: APIModalInteractionResponseCallbackComponent, index: number) => {
    if (component.type === ComponentType.TextDisplay) return <Markdown key={index} text={component.content} />
    const inputs = component.type === ComponentType.Label ? [component.component] : component.components
    const named = component.type === ComponentType.Label ? component : null
    return inputs.map((input) => (
      <ModalField
        key={input.custom_id}
        input={input}
        label={named?.label ?? (input.type === ComponentType.TextInput ? (input.label ?? '') : '')}
        description={named?.description ?? null}
        values={answers.values[input.custom_id] ?? []}
        files={answers.files[input.custom_id] ?? []}
        wrong={tried ? (wrong[input.custom_id] ?? null) : null}
        onValues={(values: readonly string[]) =>
          setAnswers((now) => ({ ...now, values: { ...now.values, [input.custom_id]: values } }))
        }
        onFiles={(files: readonly UploadedFile[]) =>
          setAnswers((now) => ({ ...now, files: { ...now.files, [input.custom_id]: files } }))
        }
      />
    ))
  }

  const bot = state.bots[0]
  return (
    <dialog
      ref={dialog}
      class="modal"
      aria-labelledby="modal-title"
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      <form noValidate onSubmit={(event) => void submit(event)}>
        <header class="modal-head">
          {bot && <Avatar user={bot.user} size={32} />}
          <div>
            <h2 id="modal-title">{modal.title}</h2>
            {bot && <small>{nameOf(state, bot.user)}</small>}
          </div>
          <button type="button" class="icon-button" aria-label="Close" onClick={close}>
            <CloseIcon />
          </button>
        </header>
        <div class="modal-fields">
          {failed !== null && (
            <p class="modal-failed" role="alert">
              Something went wrong. Try again. <span>{failed}</span>
            </p>
          )}
          {modal.components.map(field)}
        </div>
        <footer class="modal-foot">
          <button type="button" class="button button-plain" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button button-primary" aria-busy={sending}>
            {sending ? <Waiting /> : 'Submit'}
          </button>
        </footer>
      </form>
    </dialog>
  )
}
