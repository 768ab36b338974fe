import { expect, test } from 'vitest'
import { lineCutter } from '../../src/control/follow/lines.ts'

const bytes = (text: string) => Buffer.from(text)

test('whole lines at once; a torn one when its end has come', () => {
  const cutter = lineCutter()
  expect(cutter.push(bytes('one\ntwo\r\nthr'))).toEqual({ lines: ['one', 'two'], bytes: 9 })
  expect(cutter.torn).toBe(3)
  expect(cutter.push(bytes('e'))).toEqual({ lines: [], bytes: 0 })
  expect(cutter.push(bytes('e\n\n'))).toEqual({ lines: ['three', ''], bytes: 7 })
  expect(cutter.torn).toBe(0)
})

test('however the bytes come, the same lines, also within a letter', () => {
  const text = 'größer\n損失\n🤗\n'
  for (const size of [1, 2, 3, 5, 7]) {
    const cutter = lineCutter()
    const lines: string[] = []
    let read = 0
    for (let at = 0; at < bytes(text).length; at += size) {
      const cut = cutter.push(bytes(text).subarray(at, at + size))
      lines.push(...cut.lines)
      read += cut.bytes
    }
    expect(lines).toEqual(['größer', '損失', '🤗'])
    expect(read).toBe(bytes(text).length)
  }
})

test('a line over the limit is passed over and counted, and what follows is read', () => {
  const cutter = lineCutter({ limit: 10 })
  let read = 0
  const lines: string[] = []
  const chunks = ['a\n', 'x'.repeat(8), 'x'.repeat(8), 'x'.repeat(8), 'x\nb\n', 'y'.repeat(30), '\nc\n']
  for (const chunk of chunks) {
    const cut = cutter.push(bytes(chunk))
    read += cut.bytes
    lines.push(...cut.lines)
    expect(cutter.torn).toBeLessThanOrEqual(10)
  }
  expect(lines).toEqual(['a', 'b', 'c'])
  expect(cutter.tooLong).toBe(2)
  expect(read).toBe(chunks.join('').length)
})
