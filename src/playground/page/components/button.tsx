import { type APIButtonComponent, type APIMessageComponentEmoji, ButtonStyle } from 'discord-api-types/v10'
import { LinkOutIcon } from '../icons.tsx'
import { useInteraction } from './interaction.tsx'

const styles: Record<ButtonStyle, string> = {
  [ButtonStyle.Primary]: 'primary',
  [ButtonStyle.Secondary]: 'secondary',
  [ButtonStyle.Success]: 'success',
  [ButtonStyle.Danger]: 'danger',
  [ButtonStyle.Link]: 'secondary',
  [ButtonStyle.Premium]: 'primary',
}

/** A button of a message. While the bot thinks about a press, it shows so and the others of the message wait. */
export function Button({ button }: { button: APIButtonComponent }) {
  const { press, waiting } = useInteraction()
  const look = `button button-${styles[button.style]}`

  if (button.style === ButtonStyle.Premium) return null
  const content = (
    <>
      {button.emoji && <Emoji emoji={button.emoji} />}
      {button.label && <span>{button.label}</span>}
    </>
  )
  if (button.style === ButtonStyle.Link) {
    if (button.disabled) {
      return (
        <button type="button" class={look} disabled>
          {content}
          <LinkOutIcon />
        </button>
      )
    }
    return (
      <a class={look} href={button.url} target="_blank" rel="noreferrer noopener">
        {content}
        <LinkOutIcon />
      </a>
    )
  }
  const { custom_id: id } = button
  return (
    <button
      type="button"
      class={waiting === id ? `${look} button-waiting` : look}
      disabled={button.disabled === true}
      aria-disabled={waiting !== null}
      aria-busy={waiting === id}
      onClick={() => waiting === null && press(id)}
    >
      {content}
      {waiting === id && <Waiting />}
    </button>
  )
}

export function Waiting() {
  return (
    <span class="waiting" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  )
}

/** A custom emoji's picture lives on a server far away, so its name stands in for it. */
export function Emoji({ emoji }: { emoji: APIMessageComponentEmoji }) {
  return <span class={emoji.id ? 'emoji-name' : 'emoji'}>{emoji.id ? `:${emoji.name ?? ''}:` : emoji.name}</span>
}
