import { expect, test } from 'vitest'
import { IN_EVERY_FAILURE, ORDINARY } from '../../src/diagnosis/ordinary.ts'
import { explain } from '../../src/diagnosis/explain.ts'
import {
  explainTaught,
  problemsOfTeaching,
  type TaughtCause,
  taughtId,
  taughtLine,
} from '../../src/diagnosis/taught.ts'

const cause = (over: Partial<TaughtCause> = {}): TaughtCause => ({
  id: 3,
  title: 'The licence server is down',
  line: 'LicenceError: no seat left on lic01',
  why: 'Our tokenizer asks lic01 for a seat.',
  remedy: 'Ask Root to restart lic01.',
  taught_by: '100000000000000003',
  taught_at: '2026-03-01T10:00:00.000Z',
  ...over,
})
const teach = (over: Partial<TaughtCause>, taught: TaughtCause[] = []) =>
  problemsOfTeaching({ ...cause(over), taught }).join('\n')

const LOG = `Traceback (most recent call last):
  File "/home/ann/train.py", line 21, in main
    tokenizer = load()
[rank0]: acme.LicenceError: no seat left on lic01 (asked 3 times)
`

test('a taught line explains every text that has it, to the letter', () => {
  const found = explainTaught({ text: LOG, taught: [cause()] })
  expect(found).toMatchObject({
    code: 'HERE-3',
    where: 'ann/train.py:21 in main',
    evidence: '[rank0]: acme.LicenceError: no seat left on lic01 (asked 3 times)',
    why: 'Our tokenizer asks lic01 for a seat.',
    taught: { id: 3, by: '100000000000000003' },
  })
  expect(found?.fixes).toMatchObject([{ label: 'Ask Root to restart lic01.', applicability: 'manual' }])
  expect(explainTaught({ text: LOG.replace('lic01', 'lic02'), taught: [cause()] })).toBeNull()
  // A pattern is no pattern here.
  expect(explainTaught({ text: LOG, taught: [cause({ line: 'no seat .* lic01' })] })).toBeNull()
})

test('the first in the text wins, of two in one place the longer one', () => {
  const late = cause({ id: 4, line: '(asked 3 times)' })
  const longer = cause({ id: 5, line: 'LicenceError: no seat left on lic01 (asked' })
  expect(explainTaught({ text: LOG, taught: [late, cause(), longer] })?.code).toBe('HERE-5')
  const latest = cause({ id: 6, line: 'RuntimeError: the process ended because there was no seat' })
  expect(explainTaught({ text: `${LOG}${latest.line}\n`, taught: [latest, cause()] })?.code).toBe('HERE-3')
})

test('colours, invisible characters and secrets do not keep a line from being known', () => {
  const line = taughtLine('\u001b[31m[rank1]: LicenceError: key hf_abcdefghijklmnopqrstuv on lic01\u001b[0m')
  expect(line).toBe('LicenceError: key [hf token] on lic01')
  const text = 'x\nLicence\u200bError: key hf_zyxwvutsrqponmlkjihgf on lic01\n'
  const found = explainTaught({ text, taught: [cause({ line })] })
  expect(found?.evidence).toBe('LicenceError: key [hf token] on lic01')
  // The line may say more than what was taught.
  const more = explainTaught({ text: LOG.replace('(asked', 'for hf_zyxwvutsrqponmlkjihgf (asked'), taught: [cause()] })
  expect(more?.evidence).toContain('no seat left on lic01 for [hf token] (asked 3 times)')
})

test('what can be taught is', () => {
  expect(teach({})).toBe('')
  expect(teach({ line: '[rank3]: acme.cluster.SeatError: quota exhausted for group vision' })).toBe('')
})

test.each<[Partial<TaughtCause>, RegExp]>([
  [{ title: ' ' }, /The title is empty/],
  [{ remedy: '\u200b' }, /The what to do is empty/],
  [{ line: 'one\ntwo' }, /must be one line/],
  [{ line: 'RuntimeError:' }, /says too little/],
  [{ line: 'Error: failed' }, /says too little/],
  [{ line: '' }, /says too little/],
  [{ line: '12345678901234567890' }, /says too little/],
  [{ line: 'Traceback (most recent call last):' }, /says too little|every kind/],
  [{ line: 'During handling of the above exception' }, /every kind/],
  [{ line: 'return forward_call(*args, **kwargs)' }, /every kind/],
  [{ line: 'You should probably TRAIN this model' }, /where nothing is wrong/],
  [{ line: 'you should probably train this model' }, /where nothing is wrong/],
  [{ line: 'Some weights of DistilBertForSequenceClassification were not initialized' }, /where nothing is wrong/],
  [
    { line: 'RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB' },
    /explains that line already: FT-OOM-TRAIN/,
  ],
  [{ line: 'y'.repeat(301) }, /has 301 characters/],
])('what would be wrong to learn is refused with the reason: %j', (over, reason) => {
  expect(teach(over)).toMatch(reason)
})

test('a line that is taught already is refused, and so is a part of it', () => {
  expect(teach({}, [cause()])).toMatch(/HERE-3, The licence server is down, has that line already/)
  expect(teach({ line: 'no seat left on lic01' }, [cause()])).toMatch(/has that line already/)
})

test('the ordinary logs are ordinary: the catalogue diagnoses none of them', () => {
  for (const { what, text } of ORDINARY) expect(explain({ text })?.code ?? null, what).toBeNull()
  for (const line of IN_EVERY_FAILURE) {
    // Launchers say that a worker failed; that is a consequence and no cause of its own.
    if (!/ChildFailed|Root Cause/.test(line)) expect(explain({ text: line })?.code ?? null, line).toBeNull()
  }
})

test.each([
  ['HERE-12', 12],
  ['HERE-', null],
  ['FT-OOM-TRAIN', null],
  ['HERE-1; DROP', null],
])('%s is taught cause %s', (code, id) => expect(taughtId(code)).toBe(id))
