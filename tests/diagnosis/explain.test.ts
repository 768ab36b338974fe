import { expect, test } from 'vitest'
import { explain, firstCause } from '../../src/diagnosis/explain.ts'
import { failureOf, RunFailure } from '../../src/engine/failure.ts'
import type { RunFacts } from '../../src/diagnosis/facts.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { UserError } from '../../src/user-error.ts'
import { fiveMegabytes, LARGE } from './large-texts.ts'

const OUT_OF_MEMORY = `Traceback (most recent call last):
  File "/home/ada/train.py", line 31, in main
    trainer.train()
  File "/opt/venv/lib/python3.11/site-packages/transformers/trainer.py", line 2245, in train
    return inner_training_loop(
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 96.00 MiB. GPU 0 has a total capacity of 23.57 GiB of which 40.56 MiB is free.`

test('the out-of-memory fix halves the batch and keeps the rows of an update', () => {
  const args = { per_device_train_batch_size: 64, gradient_accumulation_steps: 1, max_length: 512 }
  const found = explain({ text: OUT_OF_MEMORY, facts: { args } })
  expect(found?.code).toBe('FT-OOM-TRAIN')
  expect(found?.where).toBe('ada/train.py:31 in main')
  expect(found?.why).toContain('64 × 512 tokens')
  expect(found?.why).toContain('40.56 MiB of 23.57 GiB was free')
  expect(found?.fixes[0]).toMatchObject({
    applicability: 'apply',
    change: { per_device_train_batch_size: 32, gradient_accumulation_steps: 2 },
    keeps_effective_batch: true,
    changes_result: false,
  })
})

test('computing layers again is offered where it is off, and can be applied as it is', () => {
  const offered = (args: Partial<Arguments>, facts: Partial<RunFacts> = {}) =>
    explain({ text: OUT_OF_MEMORY, facts: { args, ...facts } })?.fixes.find((fix) => fix.change?.gradient_checkpointing)
  expect(offered({ per_device_train_batch_size: 8 })).toMatchObject({
    label: expect.stringMatching(/^gradient_checkpointing false → true: /) as string,
    applicability: 'apply',
    keeps_effective_batch: true,
    changes_result: false,
  })
  expect(offered({}, { engineCode: 'out-of-memory' })).toMatchObject({ applicability: 'apply' })
  expect(offered({ gradient_checkpointing: true })).toBeUndefined()
  expect(offered({ gradient_checkpointing: true }, { engineCode: 'out-of-memory' })).toBeUndefined()
  const killed = (args?: Partial<Arguments>) =>
    explain({ text: 'engine: line 3: 4242 Killed', facts: args ? { args } : {} })
  expect(killed()?.code).toBe('FT-HOST-OOM')
  const again = (args?: Partial<Arguments>) => killed(args)?.fixes.some((fix) => fix.change?.gradient_checkpointing)
  expect([again({}), again({ gradient_checkpointing: true }), again()]).toEqual([true, false, false])
})

test('an odd batch cannot be halved exactly, so it is not applied without asking', () => {
  const args = { per_device_train_batch_size: 5, gradient_accumulation_steps: 2 }
  const fix = explain({ text: OUT_OF_MEMORY, facts: { args } })?.fixes[0]
  expect(fix).toMatchObject({ applicability: 'maybe', keeps_effective_batch: false, changes_result: true })
})

test('a batch of one offers no smaller one', () => {
  const args = { per_device_train_batch_size: 1 }
  const fixes = explain({ text: OUT_OF_MEMORY, facts: { args } })?.fixes ?? []
  expect(fixes.filter((fix) => fix.change?.per_device_train_batch_size !== undefined)).toEqual([])
})

test('out of memory is told apart by where it happened', () => {
  const at = (frame: string) => explain({ text: OUT_OF_MEMORY.replace('inner_training_loop(', frame) })?.code
  expect(at('self.evaluation_loop(')).toBe('FT-OOM-EVAL')
  expect(at('AutoModel.from_pretrained(')).toBe('FT-OOM-LOAD')
})

test('the first cause of a chain is told, not what was raised while handling it', () => {
  const text = `OSError: [Errno 28] No space left on device

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "run.py", line 4, in <module>
RuntimeError: NCCL error in: ProcessGroupNCCL.cpp:825, unhandled system error`
  expect(explain({ text })?.cause).toBe('disk-full')
})

test('a line that a notebook quotes is no error', () => {
  const text = `RuntimeError                              Traceback (most recent call last)
    159         raise RuntimeError(
    160             "Cannot re-initialize CUDA in forked subprocess. " + msg)
--> 161     check()

RuntimeError: nobody has seen this before`
  expect(explain({ text })).toBeNull()
  expect(firstCause(text)).toMatchObject({ message: 'RuntimeError: nobody has seen this before' })
})

test('a log cut off after the raise is still understood', () => {
  const text = `  File "/v/lib/python3.10/site-packages/transformers/trainer.py", line 3, in compute_loss
    raise ValueError("The model did not return a loss from the inputs, only the following keys: ...`
  expect(explain({ text })?.cause).toBe('no-loss-labels-missing')
})

test.each([
  ['carriage returns', '\r 10%|█  | 1/10\r 20%|█▌ | 2/10\rRuntimeError: CUDA out of memory. Tried to allocate 2 GiB'],
  ['Windows line ends', 'x\r\nRuntimeError: CUDA out of memory.\r\ny\r\n'],
  ['colours', '\x1b[0;31mRuntimeError\x1b[0m: CUDA out of \x1b[1mmemory\x1b[0m.'],
  ['colours that lost their escape', '[0;31mRuntimeError[0m: CUDA out of memory.'],
  ['a rank prefix', '[rank3]: torch.OutOfMemoryError: CUDA out of memory.'],
  ['srun labels', '12: torch.OutOfMemoryError: CUDA out of memory.'],
  ['a docker compose prefix', 'trainer-1  | RuntimeError: CUDA out of memory.'],
  [
    'a wrapped line',
    'RuntimeError: CUDA error: some terminal breaks this line where CUDA out of\nmemory. Tried to allocate 20 MiB',
  ],
  [
    'an escaped line',
    String.raw`{"log":"Traceback (most recent call last):\n  File \"a.py\", line 1\n    f()\n  File \"b.py\", line 2\n    g()\nRuntimeError: CUDA out of memory.\n"}`,
  ],
  ['another language', 'Ошибка при обучении модели:\nRuntimeError: CUDA out of memory.\nПомогите пожалуйста 請幫忙'],
  ['zero-width characters', 'RuntimeError: CUDA out\u200b of mem\u2060ory.'],
  ['right-to-left marks', '\u202eRuntimeError: CUDA out of memory.\u202c'],
  ['quoting', '> RuntimeError: CUDA out of memory.'],
])('%s do not hide the cause', (_name, text) => {
  expect(explain({ text })?.cause).toBe('cuda-oom')
})

test('evidence is the exact line without control characters, at most 300 characters', () => {
  const text = `RuntimeError: CUDA out of memory. @everyone **bold** [link](https://x.y) \u202eabc\u200b ${'z'.repeat(900)}`
  const evidence = explain({ text })?.evidence ?? ''
  expect(evidence).toContain('@everyone **bold** [link](https://x.y) abc ')
  expect(evidence.length).toBeLessThanOrEqual(300)
  const short = 'RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB'
  expect(explain({ text: `${short}\n` })?.evidence).toBe(short)
  expect(evidence.endsWith('…')).toBe(true)
})

test('a warning is no cause when a run goes on or something worse is there', () => {
  const warning =
    "W tensorflow/dso_loader.cc:64] Could not load dynamic library 'libcudnn.so.8'; dlerror: libcudnn.so.8"
  expect(explain({ text: warning })?.cause).toBe('cuda-shared-library-missing')
  expect(explain({ text: `${warning}\n{'loss': 0.2, 'epoch': 1.0}` })).toBeNull()
  expect(explain({ text: `${warning}\nZeroDivisionError: division by zero` })).toBeNull()
})

test("the engine's own code is believed, and its remedy comes first", () => {
  const failure = failureOf(
    new RunFailure({
      code: 'dataset-one-label',
      exit: 'data',
      message: 'All 12 rows have one label only.',
      remedy: 'Add rows.',
    }),
  )
  const found = explain({
    text: `${failure.trace}\n${failure.message}`,
    facts: { engineCode: failure.code, engineRemedy: failure.remedy },
  })
  expect(found?.code).toBe('FT-DATA-ONE-LABEL')
  expect(found?.evidence).toContain('All 12 rows have one label only.')
  expect(found?.fixes[0]?.label).toBe('Add rows.')
})

test.each([
  ['The dataset `../x.csv` is outside of the datasets folder.', 'path-outside', 'FT-PATH-OUTSIDE'],
  ['There is no model `bret` in /models.', 'model-not-found', 'FT-HUB-NOT-FOUND'],
  ['There is no dataset `rewiews.csv` in /data.', 'dataset-not-found', 'FT-HUB-NOT-FOUND'],
  ['`a.csv` has no column `sentence`; it has text, label.', 'dataset-column', 'FT-DATA-COLUMN'],
  ['Line 4 of `a.jsonl` is not a JSON object: it ends early.', null, 'FT-DATA-UNREADABLE'],
])('the engine: %s', (message, own, code) => {
  const failure = failureOf(new UserError(message, null, own))
  const found = explain({ text: failure.trace, facts: { engineCode: failure.code } })
  expect(found?.code).toBe(code)
  expect(found?.why).toContain(message)
})

test('a process killed without a word ran out of memory', () => {
  expect(explain({ text: '', facts: { signal: 'SIGKILL' } })?.cause).toBe('host-oom-killed')
  expect(explain({ text: 'loading …', facts: { exitCode: 137 } })?.cause).toBe('host-oom-killed')
  expect(explain({ text: '', facts: { signal: 'SIGTERM' } })).toBeNull()
})

test('an unknown error is answered with its first cause and the last frame of own code', () => {
  const text = `Traceback (most recent call last):
  File "/home/ada/proj/prepare.py", line 8, in load
    return parse(row)
  File "/home/ada/venv/lib/python3.11/site-packages/lib/parse.py", line 90, in parse
    raise Odd()
lib.parse.OddError: row 3 is odd

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/home/ada/proj/main.py", line 2, in <module>
RuntimeError: giving up`
  expect(explain({ text })).toBeNull()
  expect(firstCause(text)).toEqual({
    message: 'lib.parse.OddError: row 3 is odd',
    exception: 'OddError',
    frame: 'proj/prepare.py:8 in load',
  })
  expect(firstCause('all is well\n')).toBeNull()
})

test.each(Object.entries(LARGE))('5 MB of %s take about as long as reading them', (_name, unit) => {
  const text = `${fiveMegabytes(unit)}\n${OUT_OF_MEMORY}`
  explain({ text: OUT_OF_MEMORY })
  const start = process.cpuUsage()
  expect(explain({ text })?.cause).toBe('cuda-oom')
  const { user, system } = process.cpuUsage(start)
  expect((user + system) / 1000).toBeLessThan(2_000) // 200 ms is the bar; ten times that is a busy machine
})
