import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { explain, type Explanation } from '../../src/diagnosis/explain.ts'
import { fiveMegabytes, LARGE } from '../diagnosis/large-texts.ts'
import { readTexts } from '../diagnosis/texts.ts'
import { type Measured, median } from './measured.ts'

const Example = z.object({
  id: z.string(),
  cause: z.string(),
  text: z.string(),
  must_mention: z.array(z.string()),
  negative: z.boolean(),
})
type Example = z.infer<typeof Example>

/** The file of example texts; FINETUNE_ERRORS names another of the same form. */
const EXAMPLES = process.env.FINETUNE_ERRORS ?? join(import.meta.dirname, '../../../shared/errors/examples.jsonl')

/**
 * How many texts get their cause: those that the catalogue was written with, those that were written after it and held
 * out, and a file of real ones.
 */
export function accuracyBench(): Promise<Measured[]> {
  const rows: Measured[] = [own('texts', 1), own('held-out', 0.9)].flat()
  if (!existsSync(EXAMPLES)) {
    const bar = 'FINETUNE_ERRORS names a file of {"id","cause","text","must_mention","negative"} lines'
    return Promise.resolve([...rows, { what: 'example texts', measured: `no file at ${EXAMPLES}`, bar, met: true }])
  }
  const examples = readFileSync(EXAMPLES, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Example.parse(JSON.parse(line)))
  const positives = examples.filter(({ negative }) => !negative)
  const negatives = examples.filter(({ negative }) => negative)
  const right = positives.filter(isRight)
  rows.push({
    what: 'example texts',
    measured: `${right.length} of ${positives.length} right (${percent(right.length / positives.length)})`,
    bar: 'at least 98.0 %: cause, and all that it must mention',
    met: right.length >= 0.98 * positives.length,
  })
  const diagnosed = negatives.filter(({ text }) => explain({ text }) !== null)
  rows.push({
    what: 'example texts, ordinary logs',
    measured: `${diagnosed.length} of ${negatives.length} diagnosed`,
    bar: 'none',
    met: diagnosed.length === 0,
  })
  return Promise.resolve(rows)
}

/** Texts of this suite: the cause to the letter, and none for the ordinary ones. */
function own(which: 'texts' | 'held-out', share: number): Measured[] {
  const written = readTexts(which)
  const known = written.filter(({ slug }) => slug !== null)
  const right = known.filter(({ slug, text }) => explain({ text })?.cause === slug)
  const ordinary = written.filter(({ slug }) => slug === null)
  const diagnosed = ordinary.filter(({ text }) => explain({ text }) !== null)
  return [
    {
      what: `${which} of this suite`,
      measured: `${right.length} of ${known.length} right (${percent(right.length / known.length)})`,
      bar: `at least ${percent(share)}`,
      met: right.length >= share * known.length,
    },
    {
      what: `${which}, ordinary ones`,
      measured: `${diagnosed.length} of ${ordinary.length} diagnosed`,
      bar: 'none',
      met: diagnosed.length === 0,
    },
  ]
}

const TIMES = 5
const BAR_MS = 200

/** How long 5 MiB take, of each kind of log: processor time, so that others' work is not in it. */
export function sizeBench(): Promise<Measured[]> {
  explain({ text: 'RuntimeError: warm' })
  return Promise.resolve(
    Object.entries(LARGE).map(([name, unit]) => {
      const text = `${fiveMegabytes(unit)}\nRuntimeError: CUDA out of memory.`
      const took = Array.from({ length: TIMES }, () => {
        const before = process.cpuUsage()
        explain({ text })
        const { user, system } = process.cpuUsage(before)
        return (user + system) / 1000
      })
      const ms = median(took)
      return { what: `5 MiB of ${name}`, measured: `${ms.toFixed(0)} ms`, bar: `${BAR_MS} ms`, met: ms < BAR_MS }
    }),
  )
}

function isRight({ cause, text, must_mention }: Example): boolean {
  const found = explain({ text })
  return found?.cause === cause && must_mention.every((words) => new RegExp(words, 'i').test(said(found)))
}

function said({ title, why, fixes }: Explanation): string {
  return [title, why, ...fixes.map(({ label, command }) => `${label} ${command ?? ''}`)].join('\n')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
