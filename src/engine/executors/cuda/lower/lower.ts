import type { Node, Value } from '../../../tracer/node.ts'
import type { Specialised } from '../program/activations.ts'
import { findAttentions, type Found } from '../program/find-attention.ts'
import { joinProjections } from '../program/join-projections.ts'
import { keptInHalf } from '../program/kept-in-half.ts'
import { first, usersOf } from '../program/users.ts'
import { attend } from './attend.ts'
import { biasedProduct } from './bias.ts'
import { stepBuilder } from './builder.ts'
import { alive, giveHomes } from './homes.ts'
import { lowerNode } from './node.ts'
import type { Step, View } from './step.ts'
import type { Values } from './values.ts'

/**
 * Rewrites the nodes of a specialised program as steps. LayerNorm and softmax come apart into sums along rows and
 * arithmetic, so that fusing may put them together with their neighbours; matrices find their strides; equal steps become
 * one.
 */
export function lower({
  half,
  tiles,
  ...given
}: Specialised & {
  /** Whether most activations are kept in half precision, and products read copies of the weights in it */
  half: boolean
  /** Whether attention may be one kernel */
  tiles: boolean
}): Step[] {
  const closed = half && tiles ? joinProjections(given) : given
  const { program, activations } = closed
  const build = stepBuilder()
  const users = usersOf(program)
  const inHalf = half ? keptInHalf({ ...closed, users }) : new Set<number>()
  const attentions = half && tiles ? findAttentions(program, users) : new Map<Node, Found>()

  const views = new Map<number, View>()
  const values: Values = {
    viewOf: (value) => {
      const view = views.get(value.id)
      if (!view) throw new Error(`Value ${value.id} is read before it is made`)
      return view
    },
    elementOf: ({ id, dtype }) => (dtype === 'int32' ? 'int' : inHalf.has(id) ? 'half' : 'float'),
    isActivation: ({ id }) => activations.has(id),
  }
  for (const { name, kind, value } of program.inputs) {
    views.set(value.id, build.input(name, kind, value.shape, value.dtype === 'int32' ? 'int' : 'float'))
  }

  /** The product that adds a bias already, where a node is that addition. */
  const madeBefore = (node: Node): View | undefined => {
    if (node.op !== 'Add' || !biasedProduct(node, users)) return undefined
    const made = node.inputs.map(({ id }) => views.get(id)).find((view) => view?.step.inputs.length === 3)
    return made?.step.kind === 'product' ? made : undefined
  }
  const setViews = (outputs: readonly Value[], made: readonly View[]): void =>
    outputs.forEach((value, i) => {
      const view = made[i]
      if (view) views.set(value.id, view)
    })
  for (const node of program.nodes) {
    const before = madeBefore(node)
    if (before) {
      views.set(first(node.outputs).id, before)
      continue
    }
    const found = attentions.get(node)
    const inside = found && attend({ found, build, values, users })
    if (inside === 'between') continue
    setViews(node.outputs, inside ? [inside] : [lowerNode(node, { build, values, users, half })].flat())
  }
  giveHomes({ program, steps: build.steps, viewOf: values.viewOf, copy: build.copy })
  return alive(build.steps)
}
