import { expect, it } from 'vitest'
import type { Problem } from '../../src/engine/problem.ts'
import { watchForTrouble } from '../../src/engine/warnings.ts'

const classes = (labels: number): Problem => ({
  type: 'single_label_classification',
  labels: Array.from({ length: labels }, String),
})

function watched(labels = 2, problem: Problem = classes(labels)) {
  const said: [string, number | undefined][] = []
  const trouble = watchForTrouble({
    problem,
    warn: ({ code, step }) => said.push([code, step]),
  })
  const log = (loss: number, grad_norm = 1) => trouble.logged({ step: said.length + 1, loss, grad_norm })
  return { said, trouble, log }
}
const codes = ({ said }: ReturnType<typeof watched>) => said.map(([code]) => code)

it('a loss that stays at ln(labels) is flat; one that falls is not', () => {
  const flat = watched(3)
  for (const loss of [1.09, 1.1, 1.105, 1.098, 1.1]) flat.log(loss)
  expect(codes(flat)).toEqual(['loss-flat'])
  const falling = watched(3)
  for (const loss of [1.1, 1.09, 1.05, 1.0, 0.9, 0.7]) falling.log(loss)
  expect(codes(falling)).toEqual([])
})

it('a norm over 100, and a norm of zero, each said once', () => {
  const run = watched()
  for (const norm of [99, 101, 5000, 0, 0]) run.log(0.3, norm)
  expect(codes(run)).toEqual(['grad-norm-large', 'grad-norm-zero'])
  const [below, above] = [watched(), watched()]
  below.log(0.3, 100)
  above.log(0.3, 101)
  expect([codes(below), codes(above)]).toEqual([[], ['grad-norm-large']])
})

it('an evaluation loss that rises twice in a row', () => {
  const run = watched()
  const evaluate = (losses: number[]) => losses.forEach((eval_loss, step) => run.trouble.evaluated({ step, eval_loss }))
  evaluate([0.5, 0.6, 0.55, 0.6])
  expect(codes(run)).toEqual([])
  evaluate([0.61])
  expect(codes(run)).toEqual(['eval-worse'])
})

it('a loss of several labels is flat at ln(2) whatever their number; that of a regression never is', () => {
  const several = watched(9, { ...classes(9), type: 'multi_label_classification' })
  for (const loss of [0.69, 0.7, 0.692, 0.694]) several.log(loss)
  expect(codes(several)).toEqual(['loss-flat'])
  for (const loss of [1, Math.LN2, 0]) {
    const number = watched(0, { type: 'regression', labels: [] })
    for (let step = 0; step < 5; step++) number.log(loss)
    expect(codes(number)).toEqual([])
  }
})
