import { type Fusible, isFusible, isWhole, type Step, type View } from '../lower/step.ts'
import { extent } from '../lower/view.ts'

/** How a step reads another of its own domain: all columns, or one value a row. Null: through memory. */
export function sharing(view: View, rows: number, columns: number): 'place' | 'row' | null {
  const { step, shape } = view
  if (!isFusible(step) || !isWhole(view)) return null
  const own = extent(step.shape)
  const seen = extent(shape)
  // What a single row adds up to is a scalar, and the kernel that makes it has a row's columns.
  if (rows === 1 && columns === 1 && domainOf(step).columns > 1) return null
  if (seen.rows === rows && seen.columns === columns && own.columns === columns) return 'place'
  // One value for all of a single row is a scalar: others want it too, so it is stored.
  return seen.rows === rows && seen.columns === 1 && own.columns === 1 && rows > 1 ? 'row' : null
}

/** As `sharing`, by the step that reads. A table is always in memory: its rows are not those of the domain. */
export function sharedWith(step: Step, view: View): 'place' | 'row' | null {
  if (step.kind === 'pick') return null
  const { rows, columns } = readingDomain(step)
  return sharing(view, rows, columns)
}

/** The rows and columns that a fusible step runs over. */
export function domainOf(step: Fusible): { rows: number; columns: number } {
  const along = step.kind === 'rowSum' || step.kind === 'rowMax'
  return extent(along ? (step.inputs[0] as View).shape : step.shape)
}

/** The domain in which a step reads its inputs in registers; none for kernels of a fixed form. */
function readingDomain(step: Step): { rows: number; columns: number } {
  if (isFusible(step)) return domainOf(step)
  if (step.kind === 'columnSum') return { rows: step.groups * step.members, columns: step.shape[1] ?? 1 }
  return { rows: -1, columns: -1 }
}
