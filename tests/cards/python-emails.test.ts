import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Email } from '../../src/builtin/emails/clean.ts'
import { selectEmails } from '../../src/builtin/emails/emails.ts'
import { KEPT_EMAILS } from '../../src/builtin/known.ts'
import { pythonScript } from '../../src/cards/python-script.ts'
import { runLike } from './runs.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0

/** Only what the script asks of them: the rows of a Dataset are a list. */
const STAND_INS = `import sys, types
class Dataset:
    from_list = staticmethod(lambda rows: rows)
sys.modules["datasets"] = types.SimpleNamespace(Dataset=Dataset, ClassLabel=None)
`
const emails: Email[] = Array.from({ length: 60 }, (_, i) => ({
  id: `${i % 4 === 0 ? 'spam-1' : 'easy-ham-1'}/${String(i).padStart(5, '0')}.${'0'.repeat(30)}${String(i).padStart(2, '0')}.txt`,
  group: i % 4 === 0 ? 'spam-1' : 'easy-ham-1',
  label: i % 4 === 0 ? 'spam' : 'ham',
  split: i % 6 === 5 ? 'test' : 'train',
  text: `mail "${i}", line\ntwo: é`,
}))
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-script-'))
  writeFileSync(join(folder, KEPT_EMAILS), emails.map((email) => `${JSON.stringify(email)}\n`).join(''))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.skipIf(!hasPython).each([[10], [35], [1000], [null]])(
  'the script takes the same built-in e-mails as a run that asks for %j',
  (rows) => {
    const script = pythonScript(runLike({ args: { max_train_samples: rows, max_eval_samples: 3, shuffle_seed: null } }))
    const reading = script.slice(script.indexOf('# The built-in e-mails'), script.indexOf('\nif not isinstance'))
    const { stdout, stderr } = spawnSync('python3', ['-'], {
      cwd: folder,
      input: `${STAND_INS}import json\nfrom datasets import Dataset\n${reading}\nprint(json.dumps([train, test]))\n`,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const picked = (split: Email['split'], most: number | null) =>
      selectEmails({ emails, split, rows: most }).selected.map(({ text, label }) => ({ text, label }))
    expect(JSON.parse(stdout)).toEqual([picked('train', rows), picked('test', 3)])
  },
)
