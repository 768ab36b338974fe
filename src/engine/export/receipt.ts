import { writeFreeLine } from '../../run/free-line.ts'
import { changedArguments, type RunSpec } from '../../run/spec.ts'

/** What a published card says of where the model came from, beside what Trainer's cards say. No names of people. */
export interface Receipt {
  /** The number of the run, as its team knows it. */
  run: number
  /** ISO 8601 */
  ended_at: string
  spec: RunSpec
  approvals: number
  /** The run that this one went on with, and the step of its checkpoint. */
  resumed: { run: number; step: number } | null
}

/** A section of the model card, with the command that makes the same model again. */
export function receiptSection({ run, ended_at, spec, approvals, resumed }: Receipt): string {
  const { model, dataset, args, model_revision, dataset_revision, dataset_config_name } = spec
  const changed = Object.fromEntries(changedArguments(args).map((name) => [name, args[name]]))
  const at = (revision: string | undefined) => (revision === undefined ? '' : `, revision \`${revision}\``)
  const went = resumed === null ? '' : `, resumed from step ${resumed.step} of run #${resumed.run}`
  const config = dataset_config_name === undefined ? '' : `, configuration \`${dataset_config_name}\``
  return `## Receipt

Run #${run}${went}, ended on ${ended_at.slice(0, 10)}${approvals === 0 ? '' : `; approved by ${approvals === 1 ? 'one person' : `${approvals} people`} before it was published`}.

- model: \`${model}\`${at(model_revision)}
- dataset: \`${dataset}\`${config}${at(dataset_revision)}
- arguments that differ from transformers' defaults: ${Object.keys(changed).length === 0 ? 'none' : `\`${writeFreeLine(changed)}\``}
`
}
