import type { Run } from '../../storage/runs.ts'
import { BUILTIN_EMAILS } from '../builtin/known.ts'
import type { Preview } from '../engine/data/preview.ts'
import { histogram } from './histogram.ts'
import { ACCENT, type Card, card, container, separator, text } from './layout.ts'
import { TABLE_WIDTH } from './limits.ts'
import { count, percent, short } from './numbers.ts'
import { bar } from './sparkline.ts'
import { clip, codeBlock, inlineCode, plain, visible } from './user-text.ts'

const LABELS_SHOWN = 10
const LABELS_A_SAMPLE = 4
const COLUMNS_NAMED = 8
const SAMPLE_LENGTH = 260
const BAR = 10

/** A dataset before a run reads it: rows, labels, lengths, what is in both splits, and how its texts look. */
export function previewCard({ run, preview }: { run: Run; preview: Preview }): Card {
  const { inspection, samples, from } = preview
  return card(
    container(
      ACCENT.draft,
      text(`### ${plain(from?.name ?? run.spec.dataset, 100)}`, ...whereFrom(run, preview)),
      separator(),
      text(...rows(run, preview)),
      separator(),
      text(...labels(inspection)),
      text(...lengths(run, inspection)),
      separator(),
      text(...(samples.length === 0 ? ['-# No rows can be shown.'] : samples.map(sampleLine))),
    ),
  )
}

function whereFrom({ spec }: Run, { from, inspection }: Preview): string[] {
  const isBuiltIn = spec.dataset === BUILTIN_EMAILS
  const { columns, text_column, label_column } = inspection
  const others = columns.filter((name) => name !== text_column && name !== label_column)
  const named = others.slice(0, COLUMNS_NAMED).map((name) => inlineCode(name, 40))
  const more = others.length - named.length
  const rest = others.length === 0 ? '' : ` · not read: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const found = `text in ${inlineCode(text_column, 40)}, label in ${inlineCode(label_column, 40)}${rest}`
  if (!from) return [isBuiltIn ? '-# built in' : '-# in the datasets folder', found]
  const config = `configuration ${inlineCode(from.config, 60)}${from.configs > 1 ? ` of ${from.configs}` : ''}`
  return [
    `-# from the Hub at ${inlineCode(from.revision.slice(0, 7))} · ${config} · ${from.splits.map((split) => inlineCode(split, 40)).join(' and ')}`,
    found,
  ]
}

function rows({ spec: { args } }: Run, { inspection, from }: Preview): string[] {
  const { train_rows, eval_rows, duplicates, split } = inspection
  const train = Math.min(train_rows, args.max_train_samples ?? Infinity)
  const evaluated = Math.min(eval_rows, args.max_eval_samples ?? Infinity)
  const made = split === 'made' ? ` (taken from the training rows, \`test_size\` ${args.test_size})` : ''
  return [
    `**${count(train, 'row')}** of ${train_rows} to train, **${evaluated}** of ${eval_rows} to evaluate${made}`,
    duplicatesLine(duplicates, evaluated, from !== null),
  ]
}

function duplicatesLine(duplicates: number | null, evaluated: number, isOnHub: boolean): string {
  if (duplicates === null) {
    return `-# Texts that are in both splits are not looked for: ${isOnHub ? 'it is too large to be brought here for that' : 'it is too large'}.`
  }
  if (duplicates === 0) return 'No text to evaluate is also one to train on.'
  return `⚠ ${count(duplicates, 'row')} of ${evaluated} to evaluate (${percent(duplicates / evaluated)}) ${duplicates === 1 ? 'has' : 'have'} a text that is also trained on.`
}

/** `neg  12500  50 %  ██████████`, the most frequent first where there are many. */
function labels({ labels: names, label_counts, label_range }: Preview['inspection']): string[] {
  if (label_range) {
    const { least, mean, most } = label_range
    return [`numbers from **${short(least)}** to **${short(most)}**, ${short(mean)} on average`]
  }
  if (label_counts.length === 0) {
    const named = names.slice(0, LABELS_SHOWN).map((name) => inlineCode(name, 40))
    const more = names.length - named.length
    return [`labels ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
  }
  const counted = names.map((name, index) => ({ name, rows: label_counts[index] ?? 0 }))
  const many = counted.length > LABELS_SHOWN
  const shown = many ? counted.toSorted((a, b) => b.rows - a.rows).slice(0, LABELS_SHOWN) : counted
  const total = counted.reduce((sum, each) => sum + each.rows, 0)
  const largest = Math.max(...counted.map((each) => each.rows))
  const digits = String(largest).length
  const width = Math.min(
    Math.max(...shown.map(({ name }) => visible(name).length)),
    TABLE_WIDTH - digits - BAR - 2 - 2 - 6,
  )
  const lines = shown.map(({ name, rows: amount }) => {
    const label = clip(visible(name).replace(/\s+/g, ' '), width).padEnd(width)
    const share = percent(total === 0 ? 0 : amount / total).padStart(5)
    return `${label}  ${String(amount).padStart(digits)} ${share}  ${bar(largest === 0 ? 0 : amount / largest, BAR)}`
  })
  const rest = many ? [`-# and ${counted.length - shown.length} more labels, each with fewer rows`] : []
  return ['labels of all training rows', codeBlock(lines.join('\n'), { length: 900 }), ...rest]
}

function lengths({ spec: { args } }: Run, { lengths: found }: Preview['inspection']): string[] {
  if (!found) return ['-# How long its texts are is not known before the run.']
  const { median, p90, longest, unit, histogram_to, over_max_length } = found
  const over = over_max_length === 0 ? 'none is' : `about ${percent(over_max_length)} are`
  return [
    `how long its texts are, in ${unit}`,
    codeBlock(histogram(found.histogram, { to: histogram_to }), { length: 400 }),
    `half have up to ${median}, nine of ten up to ${p90}, the longest ${longest}; ${over} longer than \`max_length\` ${args.max_length}`,
  ]
}

function sampleLine({ text: written, labels: names }: Preview['samples'][number]): string {
  const named = names.slice(0, LABELS_A_SAMPLE).map((name) => plain(name, 40))
  const more = names.length > named.length ? [`${names.length - named.length} more`] : []
  const said = names.length === 0 ? 'no label' : [...named, ...more].join(', ')
  const shown = plain(written, SAMPLE_LENGTH)
  return `**${said}**\n> ${shown === '' ? '-# (empty)' : shown}`
}
