import { ButtonStyle, ComponentType as Type } from 'discord-api-types/v10'
import { walk, type Component, type Path } from '../components.ts'
import type { Fault } from './faults.ts'

const MAX_COMPONENTS = 40
const MAX_TEXT = 4000
const MAX_ROWS = 5
const SELECTS: readonly number[] = [
  Type.StringSelect,
  Type.UserSelect,
  Type.RoleSelect,
  Type.MentionableSelect,
  Type.ChannelSelect,
]

/** Rules for the components of a message that the published specification does not state. */
export function componentFaults(components: readonly Component[], { v2, at }: { v2: boolean; at: Path }): Fault[] {
  const faults: Fault[] = []
  if (v2) faults.push(...sizeFaults(components, at))
  else faults.push(...legacyFaults(components, at))
  walk(
    components,
    (one, path) => {
      if (one.type === Type.Button) faults.push(...buttonFaults(one, path))
      if (one.type === Type.ActionRow) faults.push(...rowFaults(one, path))
      if (SELECTS.includes(one.type)) faults.push(...selectFaults(one, path))
    },
    at,
  )
  return [...faults, ...duplicateFaults(components, at)]
}

function sizeFaults(components: readonly Component[], at: Path): Fault[] {
  let count = 0
  let text = 0
  walk(components, (one) => {
    count += 1
    if (one.type === Type.TextDisplay) text += one.content?.length ?? 0
  })
  const faults: Fault[] = []
  if (count > MAX_COMPONENTS) {
    faults.push({
      path: at,
      code: 'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
      message: `Total number of components must be ${MAX_COMPONENTS} or fewer, nested ones included; there are ${count}.`,
    })
  }
  if (text > MAX_TEXT) {
    faults.push({
      path: at,
      code: 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
      message: `The total displayable text size (${text}) exceeds the maximum of ${MAX_TEXT}.`,
    })
  }
  return faults
}

function legacyFaults(components: readonly Component[], at: Path): Fault[] {
  const faults = components.flatMap((one, index): Fault[] =>
    one.type === Type.ActionRow
      ? []
      : [
          {
            path: [...at, index, 'type'],
            code: 'UNION_TYPE_CHOICES',
            message: 'Value of field "type" must be one of (1,). Other components need the flag IS_COMPONENTS_V2.',
          },
        ],
  )
  if (components.length > MAX_ROWS)
    faults.push({ path: at, code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${MAX_ROWS} or fewer in length.` })
  return faults
}

function buttonFaults(button: Component, path: Path): Fault[] {
  const required = (field: string): Fault => ({
    path: [...path, field],
    code: 'BASE_TYPE_REQUIRED',
    message: 'This field is required',
  })
  const both: Fault = {
    path,
    code: 'COMPONENT_CUSTOM_ID_AND_URL',
    message: 'A button has a custom id or a URL, never both',
  }
  if (button.style === ButtonStyle.Link) {
    if (button.custom_id !== undefined) return [both]
    return button.url === undefined ? [required('url')] : []
  }
  if (button.style === ButtonStyle.Premium) return []
  const faults: Fault[] = []
  if (button.url !== undefined) faults.push(both)
  if (button.custom_id === undefined) faults.push(required('custom_id'))
  if (!button.label && button.emoji === undefined)
    faults.push({ path, code: 'BUTTON_COMPONENT_INVALID_LABEL', message: 'A button needs a label or an emoji' })
  return faults
}

/** Five buttons, or one select. */
function rowFaults(row: Component, path: Path): Fault[] {
  const inside = row.components ?? []
  const wide = inside.length > 1 && inside.some(({ type }) => SELECTS.includes(type))
  return wide
    ? [
        {
          path: [...path, 'components', 1],
          code: 'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
          message: 'The specified component exceeds the maximum width',
        },
      ]
    : []
}

export function selectFaults(select: Component, path: Path): Fault[] {
  const faults: Fault[] = []
  const options = select.options ?? []
  if (select.type === Type.StringSelect && options.length === 0) {
    faults.push({ path: [...path, 'options'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' })
  }
  const seen = new Set<string>()
  options.forEach(({ value }, index) => {
    if (seen.has(value))
      faults.push({
        path: [...path, 'options', index, 'value'],
        code: 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED',
        message: 'The specified option value is already used',
      })
    seen.add(value)
  })
  const { min_values: min, max_values: max } = select
  if (min !== undefined && max !== undefined && min > max) {
    faults.push({
      path: [...path, 'min_values'],
      code: 'SELECT_COMPONENT_MIN_VALUES_GREATER',
      message: 'min_values must be max_values or fewer',
    })
  }
  if (select.type === Type.StringSelect && max !== undefined && max > options.length && options.length > 0) {
    faults.push({
      path: [...path, 'max_values'],
      code: 'SELECT_COMPONENT_MAX_VALUES_TOO_LARGE',
      message: `max_values must be ${options.length} or fewer, the number of options`,
    })
  }
  return faults
}

export function duplicateFaults(components: readonly Component[], at: Path): Fault[] {
  const faults: Fault[] = []
  const customIds = new Set<string>()
  const ids = new Set<number>()
  walk(
    components,
    ({ custom_id, id }, path) => {
      if (custom_id !== undefined && customIds.has(custom_id)) {
        faults.push({
          path: [...path, 'custom_id'],
          code: 'COMPONENT_CUSTOM_ID_DUPLICATED',
          message: 'Component custom id cannot be duplicated',
        })
      }
      if (id !== undefined && id !== 0 && ids.has(id)) {
        faults.push({
          path: [...path, 'id'],
          code: 'COMPONENT_ID_DUPLICATED',
          message: 'Component id cannot be duplicated',
        })
      }
      if (custom_id !== undefined) customIds.add(custom_id)
      if (id !== undefined) ids.add(id)
    },
    at,
  )
  return faults
}
