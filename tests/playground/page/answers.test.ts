import { expect, it } from 'vitest'
import { checkAnswers, firstAnswers } from '../../../src/playground/page/modal/answers.ts'
import { editModal, uploadModal } from './fixture/cards.ts'

it('starts with the values and defaults that the bot gave', () => {
  expect(firstAnswers(editModal).values).toEqual({
    learning_rate: ['2e-05'],
    args: [''],
    lr_scheduler_type: ['linear'],
    precision: [],
  })
  expect(firstAnswers(uploadModal).values).toMatchObject({ show: ['probabilities'], keep: ['true'] })
})

it('says what is wrong with each answer', () => {
  const { values, files } = firstAnswers(editModal)
  expect(checkAnswers(editModal, { values, files })).toEqual({ precision: 'Pick one.' })
  const wrong = { ...values, learning_rate: ['5'], args: ['x'.repeat(401)], lr_scheduler_type: [], precision: ['bf16'] }
  expect(checkAnswers(editModal, { values: wrong, files })).toEqual({
    learning_rate: 'Must be 3 or more in length.',
    args: 'Must be 400 or fewer in length.',
    lr_scheduler_type: 'This field is required.',
  })
})

it('lets optional answers be empty', () => {
  const { values } = firstAnswers(uploadModal)
  expect(checkAnswers(uploadModal, { values, files: {} })).toEqual({})
  expect(checkAnswers(uploadModal, { values: { ...values, show: [] }, files: {} })).toEqual({
    show: 'This field is required.',
  })
})
