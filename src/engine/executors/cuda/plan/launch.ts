import { attendKernel } from '../attention/launch.ts'
import { emitColumns } from '../emit/columns.ts'
import { type FlatGroup, launchFlat } from '../emit/flat.ts'
import type { Given } from '../emit/stores.ts'
import { emitSumming } from '../emit/summing.ts'
import { dotProduct } from '../fixed/dot.ts'
import { runningSum } from '../fixed/running-sum.ts'
import { placeOf, scatterAdd } from '../fixed/scatter.ts'
import { sumsOfSquares } from '../fixed/squares.ts'
import { isTall } from '../fuse/levels.ts'
import type { Columns, Group, Single, Unit } from '../fuse/unit.ts'
import type { Form } from '../kernel/form.ts'
import type { KernelLaunch, ManyLaunch } from '../kernel/kernel.ts'
import { isForMatrixUnits } from '../lower/product.ts'
import { BYTES, type ColumnSum, count, type Product, type Step } from '../lower/step.ts'

/** What happens on the device, one after the other. */
export type Launch =
  | KernelLaunch
  | ManyLaunch
  | { kind: 'product'; product: Product; fallback: KernelLaunch }
  | { kind: 'clear'; step: Step; bytes: number }

/** What a unit is on the device. */
export function launchesOf(
  unit: Unit,
  { copies, form }: Given,
  emit: (group: Group) => KernelLaunch | FlatGroup,
): Launch[] {
  switch (unit.kind) {
    case 'group': {
      if (unit.sums.length > 0) return emitSumming({ group: unit, copies, form })
      const launch = emit(unit)
      return [launch.kind === 'flat' ? launchFlat([launch]) : launch]
    }
    case 'many':
      return [launchFlat(unit.groups.map(emit).filter((group) => group.kind === 'flat'))]
    case 'columns':
      return columnsOf(unit, { copies, form })
    case 'squares':
      return sumsOfSquares({ squares: unit.steps, form }).launches
    case 'single':
      return launchesOfStep(unit.step, form)
  }
}

/** Many rows are gone through as those of other kernels are; sums over few, or over groups of them, have a kernel of their own. */
function columnsOf({ sums, steps }: Columns, given: Given): Launch[] {
  const [sum] = sums as [ColumnSum]
  const { members, shape } = sum
  if (!isTall(sum)) return [emitColumns({ columns: { kind: 'columns', sums, steps }, ...given })]
  const group: Group = { kind: 'group', rows: members, columns: shape[1] ?? 1, steps, stores: new Set(), sums }
  return emitSumming({ group, ...given })
}

function launchesOfStep(step: Single['step'], form: Form): Launch[] {
  switch (step.kind) {
    case 'product': {
      const fallback = dotProduct({ product: step, form })
      return isForMatrixUnits(step.matrices) ? [{ kind: 'product', product: step, fallback }] : [fallback]
    }
    case 'scatterAdd':
      return [{ kind: 'clear', step, bytes: count(step.shape) * BYTES.float }, ...scatterAdd({ scatter: step, form })]
    case 'placeOf':
      return [{ kind: 'clear', step, bytes: count(step.shape) * BYTES.int }, placeOf({ places: step, form })]
    case 'runningSum':
      return [runningSum({ sum: step, form })]
    case 'attend':
      return [attendKernel({ step, form })]
    case 'join':
    case 'after':
      return []
  }
}

/** The steps whose memory a launch uses. */
export function touchedBy(launch: Launch): Step[] {
  switch (launch.kind) {
    case 'clear':
      return [launch.step]
    case 'product':
      return [launch.product, ...launch.product.inputs.map(({ step }) => step)]
    case 'kernel':
      return launch.arguments.flatMap((argument) => (argument.kind === 'step' ? [argument.step] : []))
    case 'many':
      return launch.pieces.flatMap((piece) =>
        piece.arguments.flatMap((argument) => (argument.kind === 'step' ? [argument.step] : [])),
      )
  }
}
