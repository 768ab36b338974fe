import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanEmails, type Dropped, type Email } from '../../src/builtin/emails/clean.ts'
import { readEmails, selectEmails } from '../../src/builtin/emails/emails.ts'
import { htmlToText } from '../../src/builtin/emails/html.ts'
import { decodeWords } from '../../src/builtin/emails/mime.ts'
import { showable } from '../../src/builtin/emails/showable.ts'
import { mailText } from '../../src/builtin/emails/text.ts'
import { tidy } from '../../src/builtin/emails/tidy.ts'

const cache_folder = mkdtempSync(join(tmpdir(), 'finetune-emails-'))
afterAll(() => rmSync(cache_folder, { recursive: true, force: true }))

let emails: Email[] = []
beforeAll(async () => {
  emails = await readEmails({ cache_folder })
})

describe('the corpus', () => {
  test('gives the very rows that the built-in encoder was evaluated with', () => {
    const hash = createHash('sha256')
    for (const { id, group, label, split, text } of emails) {
      hash.update(`${JSON.stringify({ id, group, label: label === 'spam' ? 1 : 0, split, text })}\n`)
    }
    expect(hash.digest('hex')).toBe('3e097acfd54001452de894ccbab4faafe4e9f85266bddfb5156e2ead073786a4')
  })

  test('has 4713 rows: the pools of the facts', () => {
    const count = (split: string, label: string) =>
      emails.filter((email) => email.split === split && email.label === label).length
    expect(emails).toHaveLength(4713)
    expect(count('train', 'spam')).toBe(837)
    expect(count('train', 'ham')).toBe(2901)
    expect(count('test', 'spam')).toBe(270)
    expect(count('test', 'ham')).toBe(705)
  })

  test('counts what it drops', async () => {
    const dropped: Dropped = { short: 0, foreign: 0, exactCopy: 0, copyOfTest: 0 }
    const seen: number[] = []
    for await (const email of cleanEmails({ dropped, seen: (done) => seen.push(done) })) {
      if (email.split === 'train') break
    }
    expect(dropped.short + dropped.foreign + dropped.exactCopy).toBeGreaterThan(50)
    expect(seen.length).toBeGreaterThan(900)
  })

  test('is kept in one file, which is made again when it is damaged', async () => {
    const [file] = readdirSync(cache_folder)
    expect(readdirSync(cache_folder)).toEqual(['emails-v1.jsonl'])
    expect(await readEmails({ cache_folder })).toEqual(emails)
    truncateSync(join(cache_folder, file ?? ''), 100_000)
    const calls: number[] = []
    expect(await readEmails({ cache_folder, progress: (done) => calls.push(done) })).toEqual(emails)
    expect(calls.at(-1)).toBe(6046)
  })

  test('can be given up while it is cleaned', async () => {
    const elsewhere = join(cache_folder, 'elsewhere')
    await expect(readEmails({ cache_folder: elsewhere, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
  })
})

describe('selection', () => {
  const select = (split: 'train' | 'test', rows: number | null) => {
    const { selected, available } = selectEmails({ emails, split, rows })
    const spam = selected.filter(({ label }) => label === 'spam').length
    return { available, spam, ham: selected.length - spam }
  }
  test.each([
    ['train', 2000, { available: 3738, spam: 800, ham: 1200 }],
    ['test', 500, { available: 975, spam: 200, ham: 300 }],
    ['train', 100, { available: 3738, spam: 40, ham: 60 }],
    ['train', 1, { available: 3738, spam: 0, ham: 1 }],
    ['train', 3000, { available: 3738, spam: 837, ham: 2163 }],
    ['train', null, { available: 3738, spam: 837, ham: 2901 }],
    ['test', 5000, { available: 975, spam: 270, ham: 705 }],
  ] as const)('%s, %s rows', (split, rows, expected) => {
    expect(select(split, rows)).toEqual(expected)
  })

  test('no row is in training and test, and the order is that of digests', () => {
    const { selected } = selectEmails({ emails, split: 'train', rows: 2000 })
    const digests = selected.map(({ id }) => id.split('.')[1] ?? '')
    expect(digests).toEqual([...digests].sort())
    expect(digests.every((digest) => digest >= '3')).toBe(true)
  })
})

describe('a mail', () => {
  test('is its subject and the plain part of its body', () => {
    const raw = [
      'From someone Mon Sep  2 12:00:00 2002',
      'Received: from mx.example.org',
      'Subject: =?iso-8859-1?Q?Caf=E9?=',
      ' =?utf-8?B?IOKCrA==?=',
      'Content-Type: multipart/alternative; boundary="b"',
      '',
      'This is a multi-part message.',
      '--b',
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'A caf=E9 costs less than you th=',
      'ink, and here is the proof of it.',
      '--b',
      'Content-Type: text/html',
      '',
      '<p>HTML</p>',
      '--b--',
    ].join('\r\n')
    expect(mailText(raw)).toEqual({
      subject: 'Café €',
      body: 'A café costs less than you think, and here is the proof of it.',
    })
  })

  test('with an unknown charset is western text, without what only Windows has', () => {
    const raw = 'Subject: x\n' + 'Content-Type: text/plain; charset=default_charset\n\n\x93caf\xe9\x94 text'
    expect(mailText(raw).body).toBe('café text')
  })

  test('that is nothing but broken headers does not throw', () => {
    for (const raw of ['', '\n\n', 'Content-Type: multipart/mixed; boundary=x\n\n--x', 'Subject: =?x?q?=ZZ?=\n\n']) {
      expect(typeof mailText(raw).body).toBe('string')
    }
  })

  test('spam’s tricks with HTML are undone', () => {
    expect(htmlToText('v<!-- x -->ia<b>gr</b>a<br>now &#38; &eacute;t&eacute; &#x41;&nbsp;&bogus;')).toBe(
      'viagra now & été A &bogus;',
    )
    expect(tidy('#### a = = = = = b\u200b\u0007c')).toBe('### a === b c')
    expect(decodeWords('plain =?iso-8859-1?q?and_=E9?=')).toBe('plain and é')
  })
})

describe('what may be shown', () => {
  test.each([
    ['Meeting on Monday at the assassin class, Dickens in hand', true],
    ['Your mortgage is approved', true],
    ['see these sluts', false],
    ['fuuuck this', false],
    ['Hot XXX pictures', false],
    ['The naked truth', false],
  ])('%s: %s', (text, expected) => {
    expect(showable(text)).toBe(expected)
  })
})
