import type { Problem } from '../problem.ts'
import type { Row } from './dataset.ts'
import { countDuplicates } from './duplicates.ts'
import { fingerprint } from './text-sketch.ts'

/** Something about the rows that does not stop a run, and that its numbers should be read with. */
export interface Note {
  /** Stable: people, tests and the diagnosis may rely on it. */
  code: 'dataset-duplicates' | 'dataset-empty-texts' | 'dataset-unseen-labels'
  message: string
}

const LABELS_NAMED = 5

/** What is odd about the selected rows. */
export function notesOf({
  train,
  eval: evaluated,
  problem,
}: {
  train: readonly Row[]
  eval: readonly Row[]
  problem: Problem
}): Note[] {
  const notes: Note[] = []
  const duplicates = countDuplicates(train.map(printOf), evaluated.map(printOf))
  if (duplicates > 0) {
    notes.push({
      code: 'dataset-duplicates',
      message: `${duplicates} of ${evaluated.length} evaluation rows have a text that is in the training rows too: the score of those tells what was learned by heart.`,
    })
  }
  const empty = [...train, ...evaluated].filter(({ text }) => text.trim() === '')
  if (empty.length > 0) {
    notes.push({
      code: 'dataset-empty-texts',
      message: `${empty.length} of ${train.length + evaluated.length} rows have an empty text (the first is ${empty[0]?.id ?? ''}); there is nothing to learn from them.`,
    })
  }
  const unseen = unseenLabels(train, evaluated, problem)
  if (unseen.length > 0) {
    const named = unseen.slice(0, LABELS_NAMED).map((label) => `\`${label.slice(0, 60)}\``)
    const more = unseen.length > LABELS_NAMED ? ` and ${unseen.length - LABELS_NAMED} more` : ''
    notes.push({
      code: 'dataset-unseen-labels',
      message: `No training row has ${named.join(', ')}${more}, which evaluation rows have: it cannot be learned.`,
    })
  }
  return notes
}

function printOf({ text }: Row): number {
  return fingerprint(text.trim())
}

function unseenLabels(train: readonly Row[], evaluated: readonly Row[], { type, labels }: Problem): string[] {
  if (type === 'regression') return []
  const of = (rows: readonly Row[]) => new Set(rows.flatMap(({ label }) => label))
  const known = of(train)
  return [...of(evaluated)].filter((label) => !known.has(label)).flatMap((label) => labels[label] ?? [])
}
