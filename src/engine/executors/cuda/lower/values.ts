import type { Value } from '../../../tracer/node.ts'
import type { Element, View } from './step.ts'

/** What the values of a program have become, what they are kept in, and what is known of them. */
export interface Values {
  viewOf: (value: Value) => View
  elementOf: (value: Value) => Element
  /** Whether it belongs to the rows being read, and not to the weights */
  isActivation: (value: Value) => boolean
}
