import { type Cause, cause } from '../cause.ts'
import { type Fix, change, manual, maybe, needsValue } from '../fix.ts'
import type { RunFacts } from '../facts.ts'

/*
 * What only our own engine says, under codes of its own. Its sentence is the reason and its remedy the first fix (explain
 * puts it there), so an entry adds the title and what else may help.
 */
function refusal(
  written: Pick<Cause, 'code' | 'slug' | 'title' | 'engine'>,
  fixes: (said: string, facts: RunFacts) => Fix[],
): Cause {
  return cause({
    ...written,
    matches: [],
    explains: (found) => found.line.message,
    fixes: (found, facts) => fixes(found.line.message, facts),
  })
}

export const maxLength = refusal(
  { code: 'FT-MAX-LENGTH', slug: 'max-length', title: '`max_length` does not fit', engine: ['max-length'] },
  (said, facts) => {
    const most = /reads at most (?<tokens>\d{1,6}) tokens/.exec(said)?.groups?.['tokens']
    if (most === undefined) return []
    return [change(facts, { max_length: Number(most) }, 'as long as the model reads', { changes_result: true })]
  },
)

export const datasetRefused = refusal(
  {
    code: 'FT-DATA-REFUSED',
    slug: 'dataset-refused',
    title: 'The dataset, or rows of it, cannot be used as they are',
    engine: [
      'dataset-format',
      'dataset-parquet',
      'dataset-row-too-long',
      'dataset-changed',
      'dataset-empty',
      'dataset-text',
      'dataset-label',
    ],
  },
  () => [manual('What a dataset may look like is in docs/datasets.md')],
)

export const argumentsRefused = refusal(
  {
    code: 'FT-ARG-REFUSED',
    slug: 'argument-refused',
    title: 'An argument does not fit what is trained',
    engine: ['label-smoothing', 'metric-for-best-model'],
  },
  () => [needsValue('Change it in a new draft: Run again, then Edit')],
)

export const resumeRefused = refusal(
  {
    code: 'FT-RESUME',
    slug: 'resume-refused',
    title: 'The run cannot go on from that checkpoint',
    engine: ['resume-mismatch', 'resume-not-found'],
  },
  () => [maybe('Or start again from the beginning', { changes_result: true })],
)

export const stoppedEarly = refusal(
  {
    code: 'FT-STOPPED-EARLY',
    slug: 'stopped-early',
    title: 'It was stopped before there was anything to save',
    engine: ['stopped-early'],
  },
  () => [manual('Run again: what was downloaded is kept')],
)

export const gpuFailed = refusal(
  {
    code: 'FT-GPU-FAILED',
    slug: 'gpu-failed',
    title: 'The GPU stopped working for this run',
    engine: ['gpu-failed'],
  },
  () => [
    manual('See whether the card is still there and which programs are on it', { command: 'nvidia-smi' }),
    manual("Look for Xid errors in the kernel's log: they tell a broken card from a broken program", {
      command: 'dmesg | grep -i xid',
    }),
  ],
)

export const ioFailed = refusal(
  { code: 'FT-IO', slug: 'io-failed', title: 'Reading or writing a file failed', engine: ['io', 'file-too-large'] },
  () => [
    manual('See whether the data folder can be written, and how much space is left', {
      command: 'npx finetune doctor',
    }),
  ],
)

export const runFileRefused = refusal(
  {
    code: 'FT-RUN-FILE',
    slug: 'run-file',
    title: 'The run folder is not one that this engine can use',
    engine: ['run-file'],
  },
  () => [manual('Run again: the bot writes a fresh folder for each launch')],
)

export const hubConflict = refusal(
  {
    code: 'FT-HUB-CONFLICT',
    slug: 'hub-conflict',
    title: 'Somebody else changed the repository at the same moment',
    engine: ['hub-conflict'],
  },
  () => [manual('Publish again: it starts from what is there now')],
)
