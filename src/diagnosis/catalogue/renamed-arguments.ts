import { cause, type Found } from '../cause.ts'
import type { RunFacts } from '../facts.ts'
import { command, type Fix, manual } from '../fix.ts'
import { ARGUMENT_CHANGES, changeOf } from './argument-changes.ts'

/** `{}` stands for the name: a Python call, an attribute, HfArgumentParser and argparse refuse it each in its own way. */
const refusals = (names: string): RegExp[] => [
  new RegExp(`unexpected keyword argument ['"\`]?(?<name>${names})\\b`),
  new RegExp(`Arguments' object has no attribute '(?<name>${names})'`),
  new RegExp(`not used by the HfArgumentParser.{0,400}['"-](?<name>${names})\\b`),
  new RegExp(`unrecognized arguments:.{0,400}--(?<name>${names})\\b`),
]

const installed = (facts: RunFacts) => facts.versions?.['transformers']

export const evaluationStrategyRenamed = cause({
  code: 'FT-ARG-EVAL-STRATEGY',
  slug: 'eval-strategy-renamed',
  title: '`evaluation_strategy` has a new name',
  matches: refusals('evaluation_strategy'),
  explains: (_found, facts) =>
    `transformers 4.46 removed \`evaluation_strategy\`; it is \`eval_strategy\` now, with the same values.${said(facts)}`,
  fixes: () => [
    manual('Write eval_strategy instead of evaluation_strategy', { change: {} }),
    command('Or stay with an older transformers, where the old name works', 'pip install "transformers<4.46"'),
  ],
})

export const evalStrategyTooNew = cause({
  code: 'FT-ARG-EVAL-STRATEGY-NEW',
  slug: 'eval-strategy-renamed',
  title: '`eval_strategy` is newer than this transformers',
  matches: refusals('eval_strategy'),
  explains: (_found, facts) =>
    `Before transformers 4.41 \`eval_strategy\` was called \`evaluation_strategy\`; the installed version only knows the old name.${said(facts)}`,
  fixes: () => [
    command('Upgrade transformers', 'pip install -U "transformers>=4.46"'),
    manual('Or write evaluation_strategy for the installed version'),
  ],
})

export const noCuda = cause({
  code: 'FT-ARG-NO-CUDA',
  slug: 'no-cuda-to-use-cpu',
  title: '`no_cuda` was removed',
  matches: refusals('no_cuda'),
  explains: (_found, facts) => `transformers 5 removed \`no_cuda\`; \`use_cpu\` does the same.${said(facts)}`,
  fixes: () => [manual('Write use_cpu=True instead of no_cuda=True, or leave the argument out')],
})

const OTHERS = ARGUMENT_CHANGES.map((change) => change.name)
  .filter((name) => !['evaluation_strategy', 'eval_strategy', 'no_cuda'].includes(name))
  .join('|')

export const trainingArgumentChanged = cause({
  code: 'FT-ARG-CHANGED',
  slug: 'training-argument-changed',
  title: 'A training argument is not known to this transformers',
  matches: [
    new RegExp(`(?:Arguments|Config)\\.__init__\\(\\) got an unexpected keyword argument '(?<name>${OTHERS})'`),
    new RegExp(`Arguments' object has no attribute '(?<name>${OTHERS})'`),
    new RegExp(`not used by the HfArgumentParser.{0,400}['"-](?<name>${OTHERS})\\b`),
  ],
  explains: (found, facts) => {
    const change = changeOf(nameIn(found), installed(facts))
    if (!change) return `\`${nameIn(found)}\` is not an argument of the installed transformers.${said(facts)}`
    if (change.since !== null) return `\`${change.name}\` came with transformers ${change.since}.${said(facts)}`
    const now = change.instead ? ` \`${change.instead.name}\` does it now.` : ''
    return `transformers ${change.until ?? '5.0'} removed \`${change.name}\`.${now}${said(facts)}`
  },
  fixes: (found, facts) => argumentFixes(found, facts),
})

function argumentFixes(found: Found, facts: RunFacts): Fix[] {
  const change = changeOf(nameIn(found), installed(facts))
  if (!change) return [manual(`Leave ${nameIn(found)} out`)]
  if (!change.instead) return [manual(capital(change.advice ?? 'leave it out'))]
  const { name, note } = change.instead
  return [
    manual(`Write ${name} instead of ${change.name}${note === undefined ? '' : `: ${note}`}`),
    command('Or stay with transformers 4, where the old name works', 'pip install "transformers<5"'),
  ]
}

const nameIn = (found: Found) => found.groups['name'] ?? ''
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const said = (facts: RunFacts) => {
  const version = installed(facts)
  return version === undefined ? '' : ` Here it is transformers ${version}.`
}
