import type { APIUser } from 'discord-api-types/v10'
import { BotIcon } from './icons.tsx'

const colours = ['#5865f2', '#c2410c', '#2f7d4f', '#a02d6b', '#8a6200', '#0e7490', '#7c3aed']

/** A person's picture. Nothing is fetched: it is their letter on a colour of their own; a bot gets a face. */
export function Avatar({ user, size, online }: { user: APIUser; size: number; online?: boolean }) {
  const hue = Array.from(user.id).reduce((sum, digit) => (sum * 31 + Number(digit)) % 9973, 7) % colours.length
  const letter = (user.global_name ?? user.username).slice(0, 1).toUpperCase()
  return (
    <span
      class="avatar"
      aria-hidden="true"
      style={{
        width: `${size}px`,
        height: `${size}px`,
        fontSize: `${size * (user.bot ? 0.62 : 0.44)}px`,
        backgroundColor: user.bot ? '#5865f2' : (colours[hue] ?? '#5865f2'),
      }}
    >
      {user.bot ? <BotIcon /> : letter}
      {online === undefined ? null : <i class={online ? 'presence presence-online' : 'presence'} />}
    </span>
  )
}
