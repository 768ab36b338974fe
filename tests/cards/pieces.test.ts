import { expect, test } from 'vitest'
import { BUTTONS, decodeId, encodeId, MODALS, SELECTS } from '../../src/cards/custom-id.ts'
import { duration } from '../../src/cards/durations.ts'
import { person } from '../../src/cards/names.ts'
import { halfWidth95, short } from '../../src/cards/numbers.ts'
import { bar, sparkline } from '../../src/cards/sparkline.ts'
import { table } from '../../src/cards/table.ts'
import { clip, codeBlock, inlineCode, plain, spoken, visible } from '../../src/cards/user-text.ts'

test('a person is called by their id, and what is none stays a word', () => {
  expect(person('100000000000000001')).toBe('<@100000000000000001>')
  expect(['engine', 'bot', 'supervisor'].map(person)).toEqual(['engine', 'bot', 'supervisor'])
})

test('a custom id says what it said', () => {
  for (const action of [...BUTTONS, ...SELECTS, ...MODALS]) {
    for (const arg of [null, 'FT-OOM-TRAIN.0', 'a:b']) {
      expect(decodeId(encodeId({ action, run: 42, arg }))).toEqual({ action, run: 42, arg })
    }
  }
  expect(encodeId({ action: 'launch', run: 42 })).toBe('ft1:launch:42')
})

test.each([
  '',
  'x',
  'ft0:launch:42',
  'ft1:fly:42',
  'ft1:launch',
  'ft1:launch:-1',
  'ft1:launch:4e2',
  'ft1:launch: 4',
  'ft1:__proto__:4',
])('an id of another version is no id of ours: %s', (id) => expect(decodeId(id)).toBeNull())

test('an id that Discord would not take is a mistake of ours', () => {
  const arg = 'x'.repeat(100 - 'ft1:fix:1:'.length)
  expect(encodeId({ action: 'fix', run: 1, arg })).toHaveLength(100)
  expect(() => encodeId({ action: 'fix', run: 1, arg: `${arg}x` })).toThrow(/at most 100 characters, got 101/)
})

test.each([
  [0, '0 s'],
  [0.42, '0.4 s'],
  [69, '1 min 9 s'],
  [59.6, '1 min'],
  [7500, '2 h 5 min'],
  [-3, '0 s'],
])('%d seconds are %s', (seconds, said) => expect(duration(seconds)).toBe(said))

test.each([
  [2e-5, '2e-05'],
  [8.4e-5, '8.4e-05'],
  [1.234567, '1.23'],
  [0, '0'],
  [123456, '123000'],
  ['NaN' as const, 'NaN'],
])('%s is written %s', (value, said) => expect(short(value)).toBe(said))

test('half the width of Wilson’s interval', () => {
  expect(halfWidth95(0.884, 500)).toBeCloseTo(0.0281, 4)
  expect(halfWidth95(0.978, 500)).toBeCloseTo(0.0133, 4)
  // The normal interval would say ± 0 here.
  expect(halfWidth95(1, 10)).toBeCloseTo(0.1388, 4)
})

test('a sparkline is as wide as asked and shows what is not finite', () => {
  expect(sparkline([1, 2, 3, 4])).toBe('▁▃▆█')
  expect(
    sparkline(
      Array.from({ length: 100 }, (_, i) => i),
      8,
    ),
  ).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([1, 1, 'NaN'])).toBe('▁▁×')
  expect(sparkline([])).toBe('')
  expect(bar(0.5, 10)).toBe('█████░░░░░')
  expect(bar(1.7, 4)).toBe('████')
})

test('a table fits a phone whatever the first column holds', () => {
  const said = table([
    ['class', 'prec', 'rec', 'f1', 'n'],
    ['a label that is much too long for a phone', '0.98', '0.99', '0.98', '250'],
  ])
  for (const line of said.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(40)
  expect(said).toMatch(/… +0\.98 {2}0\.99 {2}0\.98 {2}250/)
})

test('what people write is shown as they wrote it, and does nothing', () => {
  expect(plain('*bold* _it_ `code` [a](https://x.y) <@1> # head')).toBe(
    '\\*bold\\* \\_it\\_ \\`code\\` \\[a\\]\\(https://x.y\\) \\<\\@1\\> \\# head',
  )
  expect(plain('- a list')).toBe('\\- a list')
  expect(visible('a\u202eb\u200bc\u0007d\ufeff')).toBe('abcd')
  expect(inlineCode('a `tick` \n b')).toBe('`a ˋtickˋ b`')
  expect(codeBlock('```js\nx\n```')).not.toMatch(/```js[\s\S]*```[\s\S]*```/)
  expect(codeBlock('x'.repeat(5000), { length: 300 }).length).toBeLessThanOrEqual(300)
  expect(spoken('`lr` is [here](https://x.y) <@1> <https://x.y> @everyone')).not.toMatch(/\]\(|(?<!\\)<@|@everyone/)
})

test('nothing is cut in the middle of a character', () => {
  expect(clip('🤗🤗🤗🤗', 5)).toBe('🤗🤗…')
  expect(clip('kurz', 5)).toBe('kurz')
  expect(clip('', 5)).toBe('')
})
