import { readSplits } from '../engine/data/describe.ts'
import { isOfHub } from '../engine/hub.ts'
import { chooseConfig } from '../hub/splits.ts'
import { type Check, offer, ok, warning } from './check.ts'
import { atCommit, downloadOf } from './from-hub.ts'
import { trainRows } from './steps.ts'

const LABELS_NAMED = 6

/** Where a dataset of the Hub is from; nothing of one that is here, and nothing when it is nowhere: that is said next. */
export const datasetFromHubCheck: Check = {
  name: 'dataset on the Hub',
  look: async ({ run, config, hub }) => {
    const { dataset: name, dataset_revision, dataset_config_name } = run.spec
    if (!(await isOfHub({ folder: config.datasetsFolder, path: name, what: 'dataset' }).catch(() => false))) return null
    const dataset = await hub.dataset(name, dataset_revision).catch(() => null)
    if (!dataset) return null
    const chosen = chooseConfig(dataset, dataset_config_name ?? null)
    const splits = readSplits(dataset, dataset_config_name)
    const which = dataset.configs.length > 1 ? `, configuration \`${chosen.name}\` of ${dataset.configs.length}` : ''
    const named = `dataset \`${dataset.name}\` ${atCommit(dataset.shardsCommit)}${which}: ${splits
      .map((split) => `\`${split.name}\``)
      .join(' and ')}`
    if (dataset.from === 'cache') return warning(`${named}, from the cache: the Hub was not asked`)
    const files = splits.flatMap(({ shards }) => shards)
    const said = `${named}, ${await downloadOf({ hub, type: 'dataset', name: dataset.name, files })}`
    return dataset.notices.length > 0 ? warning(said, dataset.notices.join(' ')) : ok(said)
  },
}

/** The dataset can be read, and its texts and labels are found. */
export const datasetCheck: Check = {
  name: 'dataset',
  look: async ({ inspected }) => {
    const { text_column, label_column, labels, problem_type, label_range: range } = await inspected
    const found = `columns \`${text_column}\`, \`${label_column}\` found`
    if (range) {
      const [least, mean, most] = [range.least, range.mean, range.most].map((value) =>
        String(Number(value.toPrecision(4))),
      )
      return ok(`${found}: numbers from ${least} to ${most}, ${mean} on average, so it is a regression`)
    }
    if (problem_type === 'regression') return ok(`${found}: numbers, so it is a regression`)
    const named = labels.slice(0, LABELS_NAMED).join(' / ')
    const more = labels.length > LABELS_NAMED ? ` and ${labels.length - LABELS_NAMED} more` : ''
    const several = problem_type === 'multi_label_classification' ? ', any number of them a row' : ''
    // The Hub knows the names of a ClassLabel alone.
    return ok(`${found}${named === '' ? '' : `, labels ${named}`}${more}${several}`)
  },
}

/** The rows that will be used, and whether a label is so rare that a score of it says little. */
export const rowsCheck: Check = {
  name: 'rows',
  look: async ({ run, inspection }) => {
    const found = await inspection
    if (!found) return null
    const { args } = run.spec
    const train = trainRows(found, args)
    const evaluated = Math.min(found.eval_rows, args.max_eval_samples ?? Infinity)
    const counted = `${train} of ${found.train_rows} rows to train, ${evaluated} of ${found.eval_rows} to evaluate`
    const total = found.train_rows
    const rarest = found.labels
      .map((label, index) => ({ label, count: found.label_counts[index] ?? 0 }))
      .sort((a, b) => a.count - b.count)[0]
    if (rarest && found.label_counts.length > 0 && total > 0 && rarest.count / total < RARE_SHARE) {
      return warning(
        `${counted}; only ${rarest.count} of ${total} are \`${rarest.label}\``,
        'Accuracy hides a rare label: look at its recall in the result.',
      )
    }
    return ok(counted)
  },
}

const RARE_SHARE = 0.05
const DUPLICATE_SHARE = 0.01
const LONG_SHARE = 0.1

/** Texts that are in both splits make the score better than the model is. */
export const duplicatesCheck: Check = {
  name: 'duplicates',
  look: async ({ run, inspection }) => {
    const found = await inspection
    if (!found?.duplicates) return null
    const evaluated = Math.min(found.eval_rows, run.spec.args.max_eval_samples ?? Infinity)
    if (found.duplicates / evaluated < DUPLICATE_SHARE) return null
    return warning(
      `${found.duplicates} of ${evaluated} evaluation rows have a text that is in the training rows too`,
      'The score of those tells what was learned by heart: remove them from one of the two.',
    )
  },
}

/** Texts that are longer than the model may read are cut. */
export const lengthsCheck: Check = {
  name: 'lengths',
  look: async ({ run, inspection }) => {
    const lengths = (await inspection)?.lengths
    if (!lengths || lengths.over_max_length < LONG_SHARE) return null
    const { max_length, truncation_side } = run.spec.args
    const kept = truncation_side === 'right' ? 'beginning' : 'end'
    return warning(
      `${share(lengths.over_max_length)} of the texts are longer than \`max_length\` ${max_length} (judged from their ${lengths.unit}); only their ${kept} is read`,
      'A larger `max_length` reads more of them, and takes longer.',
    )
  },
}

/** Judged from characters, so all of them is not said. */
function share(part: number): string {
  return part >= 0.995 ? 'almost all' : `about ${Math.round(part * 100)} %`
}

/** Without an evaluation the result says nothing of how good the model is. */
export const evaluationCheck: Check = {
  name: 'evaluation',
  look: ({ run }) =>
    Promise.resolve(
      run.spec.args.eval_strategy === 'no'
        ? warning('It is never evaluated, so nothing will tell how good it is', 'Set `eval_strategy` to `epoch`.', [
            offer({ eval_strategy: 'epoch' }),
          ])
        : null,
    ),
}
