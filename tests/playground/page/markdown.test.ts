import { describe, expect, it } from 'vitest'
import { type Mark, parseMarkdown } from '../../../src/playground/page/markdown/parse.ts'
import { plainText } from '../../../src/playground/page/markdown/plain-text.ts'
import { ids } from './fixture/ids.ts'
import { emptyWorld } from './fixture/world.ts'

const types = (source: string) => parseMarkdown(source).map(({ type }) => type)
const words = (source: string) => plainText(emptyWorld(), parseMarkdown(source))

describe('markdown', () => {
  it.each<[string, Mark['type'][]]>([
    ['**b** _i_ __u__ ~~s~~', ['strong', 'text', 'em', 'text', 'underline', 'text', 'strikethrough']],
    ['||spoiler||', ['spoiler']],
    ['# one\n-# small', ['heading', 'subtext']],
    ['> quoted\n-# small', ['blockQuote', 'subtext']],
    ['```py\nx = 1\n```', ['codeBlock']],
    ['- a\n- b\n1. c', ['list', 'list']],
    ['- a\n-# small', ['list', 'subtext']],
    [`<@${ids.bob}><#${ids.training}><@&${ids.reviewer}>`, ['user', 'channel', 'role']],
    ['<t:1800000000:R>', ['timestamp']],
    ['[a](https://example.com) https://example.com', ['link', 'text', 'url']],
    ['a_snake_case_name 2 * 3 * 4', ['text']],
  ])('reads %j', (source, expected) => {
    expect(types(source)).toEqual(expected)
  })

  it('puts deeper bullets under the item above them', () => {
    const [list] = parseMarkdown('- a\n  - b\n  - c\n- d')
    expect(list).toMatchObject({ type: 'list', items: [{ inside: [{ items: [{}, {}] }] }, { inside: [] }] })
  })

  it('keeps a list together when the list inside it is of another kind', () => {
    expect(parseMarkdown('- a\n  1. b\n- c')).toMatchObject([
      { ordered: false, items: [{ inside: [{ ordered: true }] }, { inside: [] }] },
    ])
  })

  it('stays quick on long input', () => {
    const started = performance.now()
    parseMarkdown('- * _ ** `'.repeat(400))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('plain text', () => {
  it('has names for mentions and no markup', () => {
    expect(words(`### **#42** for <@${ids.alice}> in <#${ids.reviews}> \`x\``)).toBe('#42 for @Alice in #reviews x')
  })

  it('keeps spoilers covered', () => {
    expect(words('the answer is ||42||')).toBe('the answer is spoiler')
  })
})
