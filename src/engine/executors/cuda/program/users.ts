import type { Node, Program, Value } from '../../../tracer/node.ts'

/** Who reads a value; 'left' where it leaves the program. */
export type Users = ReadonlyMap<number, readonly (Node | 'left')[]>

export function usersOf(program: Program): Users {
  const users = new Map<number, (Node | 'left')[]>()
  const use = (value: Value, by: Node | 'left') => users.set(value.id, [...(users.get(value.id) ?? []), by])
  for (const node of program.nodes) for (const value of node.inputs) use(value, node)
  for (const { value } of program.outputs) use(value, 'left')
  return users
}

/** What makes each value, by its id. */
export function makersOf({ nodes }: Pick<Program, 'nodes'>): Map<number, Node> {
  return new Map(nodes.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)))
}

export function first<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined) throw new Error('A node or step lacks an input or output')
  return item
}

export function pair<Item>(items: readonly Item[]): [Item, Item] {
  const [a, b] = items
  if (a === undefined || b === undefined) throw new Error('A node of two inputs has fewer')
  return [a, b]
}
