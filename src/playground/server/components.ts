import type { APIMessageComponentEmoji, ButtonStyle, ComponentType } from 'discord-api-types/v10'

/**
 * Any component of a message or a modal, with every field one may have. Discord's own type is a closed union of some
 * twenty; walking, counting and reading only need what they share.
 */
export interface Component {
  type: ComponentType
  id?: number
  custom_id?: string
  content?: string
  /** Of a File, in answers. */
  name?: string
  label?: string
  description?: string | null
  url?: string
  style?: ButtonStyle
  emoji?: APIMessageComponentEmoji
  disabled?: boolean
  required?: boolean
  placeholder?: string
  value?: string
  min_values?: number
  max_values?: number
  min_length?: number
  max_length?: number
  options?: Option[]
  components?: Component[]
  accessory?: Component
  component?: Component
  items?: { media: Media; description?: string | null }[]
  media?: Media
  file?: Media
}

export interface Option {
  label: string
  value: string
  description?: string
  default?: boolean
}

export interface Media {
  url: string
  [field: string]: unknown
}

export type Path = readonly (string | number)[]

/** Visits every component, parents first, with its path in the body. */
export function walk(
  components: readonly Component[],
  visit: (one: Component, path: Path) => void,
  at: Path = ['components'],
): void {
  components.forEach((one, index) => visitOne(one, [...at, index], visit))
}

function visitOne(one: Component, path: Path, visit: (one: Component, path: Path) => void): void {
  visit(one, path)
  if (one.components !== undefined) walk(one.components, visit, [...path, 'components'])
  if (one.accessory !== undefined) visitOne(one.accessory, [...path, 'accessory'], visit)
  if (one.component !== undefined) visitOne(one.component, [...path, 'component'], visit)
}

export function flatten(components: readonly Component[]): Component[] {
  const all: Component[] = []
  walk(components, (one) => all.push(one))
  return all
}

/** Gives every component that has none an id, in reading order, as Discord does. */
export function numbered(components: Component[]): Component[] {
  const copy = structuredClone(components)
  const taken = new Set(flatten(copy).map((one) => one.id))
  let next = 1
  walk(copy, (one) => {
    if (one.id !== undefined && one.id !== 0) return
    while (taken.has(next)) next += 1
    one.id = next
    taken.add(next)
  })
  return copy
}
