import type { Arguments } from '../run/arguments.ts'
import { METRICS } from '../run/problem-type.ts'
import { UserError } from '../user-error.ts'
import { type Model, modelOf } from './models/model.ts'
import type { Pretrained } from './pretrained.ts'
import { outputsOf, type Problem } from './problem.ts'
import { type InitialWeights, initialWeights } from './weights.ts'

/** What training begins with: the model for these labels, and its weights. */
export interface Beginning extends InitialWeights {
  /** At the checkpoint's vocabulary */
  model: Model
  /** The same at another vocabulary */
  withVocabulary: (size: number) => Model
}

/** Makes a model for a problem of a pretrained one. Throws UserError where these, or the arguments, do not fit together. */
export function beginningOf({
  pretrained,
  problem,
  args,
}: {
  pretrained: Pretrained
  problem: Problem
  args: Arguments
}): Beginning {
  checkProblem(problem, args)
  const { config } = pretrained
  const wanted = { problem_type: problem.type, labels: outputsOf(problem), dropout: args.dropout }
  const model = modelOf({ config, ...wanted })
  if (args.max_length > model.maxTokens) {
    throw new UserError(
      `\`max_length\` is ${args.max_length} and the model reads at most ${model.maxTokens} tokens.`,
      `Set \`max_length\` to ${model.maxTokens} or less.`,
      'max-length',
    )
  }
  return {
    model,
    withVocabulary: (vocab_size) => modelOf({ config: { ...config, vocab_size }, ...wanted }),
    ...initialWeights({ pretrained, model, seed: args.seed }),
  }
}

/** What Trainer finds out only after an epoch, and what its label smoothing cannot do. */
function checkProblem({ type }: Problem, args: Arguments): void {
  const metrics = ['loss', ...METRICS[type]]
  const metric = args.metric_for_best_model?.replace(/^eval_/, '') ?? null
  if (metric !== null && !metrics.includes(metric) && args.eval_strategy !== 'no') {
    throw new UserError(
      `\`metric_for_best_model\` is \`${metric}\`; an evaluation of ${type} gives ${metrics.join(', ')}.`,
      'Name one of them, or leave it out.',
      'metric-for-best-model',
    )
  }
  if (args.label_smoothing_factor > 0 && type !== 'single_label_classification') {
    throw new UserError(
      `\`label_smoothing_factor\` is ${args.label_smoothing_factor}; it spreads one label over the others, and this is ${type}.`,
      'Set `label_smoothing_factor` to 0.',
      'label-smoothing',
    )
  }
}
