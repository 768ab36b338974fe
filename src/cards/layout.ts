import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInContainer,
  type APIComponentInMessageActionRow,
  type APIContainerComponent,
  type APIMessageTopLevelComponent,
  type APIRoleSelectComponent,
  type APISeparatorComponent,
  type APIStringSelectComponent,
  type APITextDisplayComponent,
  ButtonStyle,
  ComponentType,
  MessageFlags,
} from 'discord-api-types/v10'
import { type CustomId, encodeId } from './custom-id.ts'

/** A message as Discord takes it: Components V2, nothing else. */
export interface Card {
  flags: MessageFlags.IsComponentsV2
  components: APIMessageTopLevelComponent[]
  /** Files that go with it, as discord.js takes them; a File component shows each as `attachment://NAME`. */
  files?: { name: string; attachment: Buffer }[]
}

/** Colours of a card's edge. */
export const ACCENT = { draft: 0x80848e, live: 0x5865f2, good: 0x23a55a, warning: 0xf0b232, bad: 0xda373c } as const

export function card(...components: readonly (APIMessageTopLevelComponent | null)[]): Card {
  return { flags: MessageFlags.IsComponentsV2, components: components.filter((component) => component !== null) }
}

/** A card of one paragraph. */
export function sentence(content: string): Card {
  return card(text(content))
}

/** One text display; empty lines at the end of a list are the caller's. */
export function text(...lines: readonly string[]): APITextDisplayComponent {
  return { type: ComponentType.TextDisplay, content: lines.join('\n') }
}

export function container(
  accent: number,
  ...components: readonly (APIComponentInContainer | null)[]
): APIContainerComponent {
  return {
    type: ComponentType.Container,
    accent_color: accent,
    components: components.filter((component) => component !== null),
  }
}

export function separator(): APISeparatorComponent {
  return { type: ComponentType.Separator }
}

/** A row of buttons; null where there is none to show. */
export function row(...buttons: readonly APIButtonComponent[]): APIActionRowComponent<APIComponentInMessageActionRow> {
  return { type: ComponentType.ActionRow, components: [...buttons] }
}

type Look = 'primary' | 'secondary' | 'success' | 'danger'
const STYLES = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  success: ButtonStyle.Success,
  danger: ButtonStyle.Danger,
} as const satisfies Record<Look, ButtonStyle>

export function button({
  label,
  look = 'secondary',
  disabled = false,
  ...id
}: {
  label: string
  look?: Look
  disabled?: boolean
  action: CustomId['action']
  run: number
  arg?: string
}): APIButtonComponent {
  return {
    type: ComponentType.Button,
    style: STYLES[look],
    label,
    custom_id: encodeId(id),
    ...(disabled ? { disabled: true } : {}),
  }
}

export function select(
  menu: Omit<APIStringSelectComponent, 'type'>,
): APIActionRowComponent<APIComponentInMessageActionRow> {
  return { type: ComponentType.ActionRow, components: [{ type: ComponentType.StringSelect, ...menu }] }
}

export function roleSelect(
  menu: Omit<APIRoleSelectComponent, 'type'>,
): APIActionRowComponent<APIComponentInMessageActionRow> {
  return { type: ComponentType.ActionRow, components: [{ type: ComponentType.RoleSelect, ...menu }] }
}

/** Everything a card says, in the order it is read: for tests, logs and for finding a message again. */
export function textOf(components: readonly { type: number }[]): string {
  return components
    .flatMap((component) => {
      if ('content' in component && typeof component.content === 'string') return [component.content]
      return 'components' in component ? [textOf(component.components as { type: number }[])] : []
    })
    .filter((part) => part !== '')
    .join('\n')
}
