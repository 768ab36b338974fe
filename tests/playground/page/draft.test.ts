import { describe, expect, it } from 'vitest'
import {
  addField,
  changeField,
  type Draft,
  knownChoices,
  nextOption,
  optionsLeft,
  readDraft,
  readWritten,
  removeField,
  startDraft,
} from '../../../src/playground/page/composer/draft.ts'
import { findCommands, flattenCommands } from '../../../src/playground/page/composer/flat-command.ts'
import { commands } from './fixture/commands.ts'
import { emptyWorld } from './fixture/world.ts'
import { ids } from './fixture/ids.ts'

const flat = flattenCommands(commands)
const command = (path: string) => {
  const found = flat.find((one) => one.path === path)
  if (!found) throw new Error(`The fixture has no /${path}`)
  return found
}
const draft = () => startDraft(command('finetune start'))
const typed = (start: Draft, values: Record<string, string>) =>
  Object.entries(values).reduce((now, [name, text]) => changeField(addField(now, name), name, { text }), start)
const complete = { model: 'bert', dataset: 'imdb' }

describe('commands', () => {
  it('are flattened to their subcommands, message commands left out', () => {
    expect(flat.map(({ path }) => path)).toEqual([
      'finetune start',
      'finetune status',
      'finetune silent',
      'finetune explain',
    ])
  })

  it.each([
    ['/', 4],
    ['/finetune sta', 2],
    ['/start', 1],
    ['/fi ex', 1],
    ['/nothing', 0],
  ])('%s finds %i of them', (text, count) => {
    expect(findCommands(flat, text)).toHaveLength(count)
  })
})

describe('a draft', () => {
  it('starts with the required options and offers the others', () => {
    expect(draft().fields.map(({ option }) => option.name)).toEqual(['model', 'dataset'])
    expect(optionsLeft(draft()).map(({ name }) => name)).toContain('learning_rate')
    expect(optionsLeft(addField(draft(), 'learning_rate')).map(({ name }) => name)).not.toContain('learning_rate')
  })

  it('is read from a command that is pasted with its options', () => {
    const text = 'model:a/b dataset:the imdb set learning_rate:3e-5'
    const pasted = readWritten(command('finetune start'), text)
    expect(pasted && readDraft(pasted)).toEqual({
      options: { model: 'a/b', dataset: 'the imdb set', learning_rate: 3e-5 },
      files: {},
      errors: {},
    })
    for (const other of ['', 'a/b', 'colour:blue', 'so model:a/b']) {
      expect(readWritten(command('finetune start'), other), other).toBeNull()
    }
  })

  it('goes on to another option where its name is typed', () => {
    expect(nextOption(draft(), 'a/b dataset:im')).toEqual({ value: 'a/b', name: 'dataset', rest: 'im' })
    expect(nextOption(draft(), 'model:')).toEqual({ value: '', name: 'model', rest: '' })
    expect(nextOption(typed(draft(), complete), 'a dataset:b')).toBeNull()
    expect(nextOption(draft(), 'see http://x.y')).toBeNull()
  })

  it('names what is missing', () => {
    expect(readDraft(typed(draft(), { model: 'bert' })).errors).toEqual({
      dataset: 'This option is required. Specify a value.',
    })
  })

  it('sends numbers as numbers, and what was chosen instead of its name', () => {
    const filled = changeField(typed(draft(), { ...complete, learning_rate: '3e-5', epochs: '2' }), 'model', {
      text: 'BERT',
      chosen: 'id:bert',
    })
    expect(readDraft(filled)).toEqual({
      options: { model: 'id:bert', dataset: 'imdb', learning_rate: 3e-5, epochs: 2 },
      files: {},
      errors: {},
    })
  })

  it.each([
    ['epochs', '1.5', 'Input a valid integer.'],
    ['epochs', '11', 'Must be 10 or less.'],
    ['learning_rate', 'fast', 'Input a valid number.'],
    ['args', 'x'.repeat(61), 'Must be 60 or fewer in length.'],
    ['preset', 'slow', 'Pick one of the choices.'],
    ['smoke', 'maybe', 'Pick True or False.'],
    ['watcher', 'Bob', 'Pick one from the list.'],
  ])('refuses %s: %s', (name, text, error) => {
    expect(readDraft(typed(draft(), { ...complete, [name]: text })).errors).toEqual({ [name]: error })
  })

  it('takes a choice by its name, and a file', () => {
    const file = { name: 'rows.csv', url: 'data:text/csv;base64,YQ==' }
    const filled = changeField(addField(typed(draft(), { ...complete, preset: 'quick' }), 'file'), 'file', { file })
    expect(readDraft(filled)).toMatchObject({ options: { preset: 'quick' }, files: { file }, errors: {} })
  })

  it('leaves out optional options that stay empty, and keeps required ones when they are removed', () => {
    const filled = removeField(typed(draft(), { ...complete, args: '' }), 'model')
    expect(readDraft(filled).options).toEqual({ dataset: 'imdb' })
    expect(readDraft(filled).errors).toHaveProperty('model')
  })

  it('offers people for a user option', () => {
    const option = command('finetune start').options.find(({ name }) => name === 'watcher')
    expect(option && knownChoices(option, emptyWorld())).toContainEqual({ name: 'Bob', value: ids.bob })
  })
})
