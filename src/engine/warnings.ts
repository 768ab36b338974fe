import type { Evaluation, LogRow, NewEvent } from '../run/events.ts'
import type { Problem } from './problem.ts'

type Warning = Extract<NewEvent, { type: 'warning' }>

/** Log rows in which the loss must not have moved before it is called flat. */
const FLAT_ROWS = 4
const FLAT_WITHIN = 0.02

/** Says what looks wrong while there is still time; each kind once a run. `earlier` are rows that were judged before. */
export function watchForTrouble({
  problem,
  earlier = [],
  warn,
}: {
  problem: Problem
  earlier?: readonly (LogRow | Evaluation)[]
  warn: (warning: Omit<Warning, 'type'>) => void
}) {
  const guessing = lossOfGuessing(problem)
  const said = new Set<string>()
  let isNew = false
  const say = (code: string, message: string, step: number) => {
    if (said.has(code)) return
    said.add(code)
    if (isNew) warn({ code, message, step })
  }
  const losses: number[] = []
  const evaluations: { step: number; loss: number }[] = []

  const watch = {
    logged: ({ step, loss, grad_norm }: Pick<LogRow, 'step' | 'loss' | 'grad_norm'>) => {
      const norm = Number(grad_norm)
      if (norm > 100)
        say(
          'grad-norm-large',
          `The gradient's norm is ${norm.toPrecision(3)}; above 100 training is usually about to break. A smaller learning_rate helps.`,
          step,
        )
      if (norm === 0) say('grad-norm-zero', 'The gradient is zero: the model is not learning anything.', step)
      losses.push(Number(loss))
      const last = losses.slice(-FLAT_ROWS)
      if (guessing && last.length === FLAT_ROWS && last.every((each) => Math.abs(each - guessing.loss) < FLAT_WITHIN)) {
        say(
          'loss-flat',
          `The loss stays at ${guessing.loss.toFixed(3)}, what guessing ${guessing.among} gives. The learning_rate may be too small or too large, or the labels may not fit the texts.`,
          step,
        )
      }
    },
    evaluated: ({ step, eval_loss }: Pick<Evaluation, 'step' | 'eval_loss'>) => {
      evaluations.push({ step, loss: Number(eval_loss) })
      const [a, b, c] = evaluations.slice(-3)
      if (a && b && c && a.loss < b.loss && b.loss < c.loss) {
        say(
          'eval-worse',
          `The evaluation loss has risen twice in a row (${a.loss.toFixed(4)}, ${b.loss.toFixed(4)}, ${c.loss.toFixed(4)}): the model is learning its rows by heart.`,
          step,
        )
      }
    },
  }
  for (const row of earlier) {
    if (row.type === 'log') watch.logged(row)
    else watch.evaluated(row)
  }
  isNew = true
  return watch
}

/** The loss of a model that knows nothing; null where that depends on the values. */
function lossOfGuessing({ type, labels }: Problem): { loss: number; among: string } | null {
  switch (type) {
    case 'single_label_classification':
      return { loss: Math.log(labels.length), among: `among ${labels.length} labels` }
    case 'multi_label_classification':
      return { loss: Math.LN2, among: 'each label by a coin' }
    case 'regression':
      return null
  }
}
