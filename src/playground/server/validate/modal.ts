import { ComponentType as Type } from 'discord-api-types/v10'
import { walk, type Component, type Path } from '../components.ts'
import { duplicateFaults, selectFaults } from './components.ts'
import type { Fault } from './faults.ts'

const MAX_TOP = 5
/** The specification allows forty; Discord takes five. */
export function modalFaults(components: readonly Component[], at: Path): Fault[] {
  const faults: Fault[] = []
  if (components.length === 0 || components.length > MAX_TOP) {
    faults.push({ path: at, code: 'BASE_TYPE_BAD_LENGTH', message: `Must be between 1 and ${MAX_TOP} in length.` })
  }
  walk(
    components,
    (one, path) => {
      if (one.disabled === true)
        faults.push({
          path: [...path, 'disabled'],
          code: 'COMPONENT_DISABLED_IN_MODAL',
          message: 'Components of a modal cannot be disabled',
        })
      if (one.type === Type.TextInput) faults.push(...textInputFaults(one, path))
      if (one.type === Type.StringSelect) faults.push(...selectFaults(one, path))
    },
    at,
  )
  return [...faults, ...duplicateFaults(components, at)]
}

function textInputFaults(input: Component, path: Path): Fault[] {
  const faults: Fault[] = []
  const { value = '', min_length: min = 0, max_length: max = 4000 } = input
  if (min > max)
    faults.push({
      path: [...path, 'min_length'],
      code: 'BASE_TYPE_MAX_LENGTH',
      message: 'min_length must be max_length or fewer',
    })
  if (value.length > max)
    faults.push({
      path: [...path, 'value'],
      code: 'BASE_TYPE_MAX_LENGTH',
      message: `Must be ${max} or fewer in length.`,
    })
  if (value !== '' && value.length < min)
    faults.push({
      path: [...path, 'value'],
      code: 'BASE_TYPE_MIN_LENGTH',
      message: `Must be ${min} or more in length.`,
    })
  // In a Label the label is the Label's; in an action row the input carries its own.
  const inRow = path.includes('components') && path.at(-2) === 'components'
  if (inRow && (input.label ?? '') === '')
    faults.push({ path: [...path, 'label'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' })
  return faults
}
