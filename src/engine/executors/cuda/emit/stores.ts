import type { Group } from '../fuse/unit.ts'
import type { Form } from '../kernel/form.ts'
import type { Step } from '../lower/step.ts'
import { extent } from '../lower/view.ts'
import type { Registers } from './registers.ts'

/** What every kernel of a plan is written for. */
export interface Given {
  /** Copies of states in half precision, by the state's name. */
  copies: ReadonlyMap<string, Step>
  form: Form
}

/** Where a result goes: a state that has a copy in half precision goes there too. */
export function targetsOf(step: Step, { copies }: Given): Step[] {
  const copy = step.home?.kind === 'state' ? copies.get(step.home.name) : undefined
  return copy ? [step, copy] : [step]
}

/** Lines that write what a kernel over rows stores. */
export function storesOf({
  inside,
  steps,
  stores,
  columns,
  width,
  ...given
}: Given & Pick<Group, 'steps' | 'stores' | 'columns'> & { inside: Registers; width: number }): string[] {
  return steps
    .filter((step) => stores.has(step))
    .flatMap((step) =>
      targetsOf(step, given).map((target) => {
        const name = inside.nameOf(step)
        const pointer = inside.memory(target)
        return extent(step.shape).columns === columns
          ? `WRITE(${name.replace('[j]', '')}, ${storeWidth(step, width)}, ${pointer} + (size_t)row * ${columns})`
          : `if (IS_FIRST) store(${pointer} + row, ${name});`
      }),
    )
}

/** A step inside of a join may begin anywhere. */
export function storeWidth({ home }: Step, width: number): number {
  if (home?.kind !== 'inside') return width
  let result = width
  while (result > 1 && home.offset % result !== 0) result /= 2
  return result
}
