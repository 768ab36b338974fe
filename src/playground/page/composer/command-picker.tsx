import { useEffect } from 'preact/hooks'
import { Avatar } from '../avatar.tsx'
import { nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import type { FlatCommand } from './flat-command.ts'

/** The list that opens over the composer at `/`. The keyboard stays in the composer. */
export function CommandPicker({
  id,
  commands,
  active,
  typed,
  onActive,
  onPick,
}: {
  id: string
  commands: readonly FlatCommand[]
  active: number
  typed: string
  onActive: (index: number) => void
  onPick: (command: FlatCommand) => void
}) {
  const { state } = usePage()
  useEffect(() => document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' }), [id, active])

  const bot = state.bots.find(({ online }) => online) ?? state.bots[0]
  return (
    <div class="panel picker">
      <p class="panel-title">
        {bot && <Avatar user={bot.user} size={20} />}
        {bot ? nameOf(state, bot.user) : 'Commands'}
      </p>
      {commands.length === 0 && (
        <p class="panel-none">
          {state.commands.length === 0
            ? 'No app is online, so there are no commands yet.'
            : `No command matches “${typed}”.`}
        </p>
      )}
      <ul id={id} role="listbox" aria-label="Commands">
        {commands.map((command, index) => (
          <li
            key={command.path}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            class={index === active ? 'panel-row panel-active' : 'panel-row'}
            onPointerMove={() => onActive(index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onPick(command)}
          >
            <span class="picker-top">
              <b>/{command.path}</b>
              {command.options
                .filter(({ required }) => required === true)
                .map(({ name }) => (
                  <code key={name}>{name}</code>
                ))}
            </span>
            <small>{command.description}</small>
          </li>
        ))}
      </ul>
    </div>
  )
}
