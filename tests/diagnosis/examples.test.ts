import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { explain, type Explanation } from '../../src/diagnosis/explain.ts'

/** Real texts with their cause, kept outside of the repository; FINETUNE_ERRORS names another file of the same form. */
const file = process.env['FINETUNE_ERRORS'] ?? join(import.meta.dirname, '../../../shared/errors/examples.jsonl')
const Example = z.object({
  id: z.string(),
  cause: z.string(),
  text: z.string(),
  must_mention: z.array(z.string()),
  negative: z.boolean(),
})

const isThere = existsSync(file)
if (!isThere) console.log(`Skipped: there is no file of example texts at ${file} (FINETUNE_ERRORS names one).`)

const said = (found: Explanation) =>
  [found.title, found.why, ...found.fixes.map((fix) => `${fix.label} ${fix.command ?? ''}`)].join('\n')

test.skipIf(!isThere)('98 of 100 example texts get the right cause, and no ordinary log gets one', () => {
  const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  const examples = rows.map((row) => Example.parse(JSON.parse(row)))
  const wrong: string[] = []
  const diagnosed: string[] = []
  for (const { id, cause, text, must_mention, negative } of examples) {
    const found = explain({ text })
    if (negative) {
      if (found) diagnosed.push(`${id} → ${found.cause}`)
    } else if (found?.cause !== cause) {
      wrong.push(`${id} → ${found?.cause ?? 'not known'}`)
    } else if (!must_mention.every((words) => new RegExp(words, 'i').test(said(found)))) {
      wrong.push(`${id} does not mention ${must_mention.join(' and ')}`)
    }
  }
  const positives = examples.filter((example) => !example.negative).length
  console.log(`${positives - wrong.length} of ${positives} right, ${diagnosed.length} ordinary logs diagnosed`)
  expect(diagnosed).toEqual([])
  expect(wrong.length / positives, wrong.join('\n')).toBeLessThanOrEqual(0.02)
})
