import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { channelLine } from '../../src/cards/channel-line.ts'
import { evaluationCard } from '../../src/cards/evaluation.ts'
import { type Card, textOf } from '../../src/cards/layout.ts'
import { listCard } from '../../src/cards/list.ts'
import { predictionCard } from '../../src/cards/prediction.ts'
import { pythonScript } from '../../src/cards/python-script.ts'
import { resultCard } from '../../src/cards/result.ts'
import { showCard } from '../../src/cards/show.ts'
import { problemsOfCard } from '../../src/cards/validate.ts'
import type { Evaluation } from '../../src/run/events.ts'
import { ProblemType } from '../../src/run/problem-type.ts'
import { done, ENDED_AT, manyLabels, PLAN, regression, runLike, severalLabels, viewOf } from './runs.ts'

const text = ({ components }: Card) => textOf(components)
const LONG = 'Wörter, `Zeichen` und @everyone [Link](https://example.org) '.repeat(200)

test.each(
  Object.entries({
    'prediction of many labels': predictionCard({
      run: runLike(),
      prediction: {
        text: LONG,
        problem_type: 'multi_label_classification',
        label: LONG,
        score: 0.9,
        all: Array.from({ length: 60 }, (_, i) => ({ label: `${i} ${LONG}`, score: 0.9 })),
      },
    }),
    'result of 1000 labels': resultCard({
      run: { ...runLike({ state: 'completed', ...ENDED_AT }) },
      view: viewOf(
        PLAN,
        { ...manyLabels(1000), confused: Array.from({ length: 20 }, () => ({ truth: LONG, said: LONG, rows: 3 })) },
        done(250),
      ),
    }),
  }),
)('Discord takes it: %s', (_, card) => {
  expect(problemsOfCard(card)).toEqual([])
})

test('a result of many classes: the worst, and what is most often mistaken', () => {
  const said = text(
    resultCard({
      run: runLike({ state: 'completed', ...ENDED_AT }),
      view: viewOf(PLAN, { ...manyLabels(60), confused: [{ truth: 'cat', said: 'dog', rows: 7 }] }, done(250)),
    }),
  )
  expect(said).toContain('worst 10')
  expect(said).toContain('-# 7 × cat → dog')
})

test('a result of several labels a row is told by its F1, one of a regression by its error', () => {
  const run = runLike({ state: 'completed', ...ENDED_AT })
  const several = viewOf(PLAN, severalLabels(125, 0.7), severalLabels(250, 0.8123), done(250))
  const result = text(resultCard({ run, view: several }))
  expect(result).toContain('F1 **0.812**')
  expect(result).toContain('-# n = 500 · all labels right 0.612 · validation loss 0.1877')
  expect(result).toMatch(/class +prec +rec +f1 +n\nnews/)
  expect(result).not.toContain('truth ↓')
  expect(text(channelLine({ run, view: several }))).toContain(' · F1 0.812, ')
  const [, second] = several.evaluations as [Evaluation, Evaluation]
  expect(text(evaluationCard({ evaluation: second, view: several }))).toMatch(
    /F1 +0\.8123 +▲ 0\.1123\nAccuracy +0\.6123/,
  )

  const number = viewOf(PLAN, regression(0, 2), regression(250, 0.2134), done(250))
  const told = text(resultCard({ run, view: number }))
  expect(told).toContain('mean squared error **0.213**')
  expect(told).toContain('-# n = 500 · mean error 0.35 · correlation 0.812 · validation loss 0.2134')
  expect(told).toContain('-# untrained 2')
  expect(told).not.toContain('prec')
  expect(text(showCard({ run, view: number, changes: [] }))).toMatch(/step +loss +mse +mae +corr\n0 +2\.0000/)
})

test('a list names what a result is told by, unless it is an accuracy', () => {
  const of = (metrics: Record<string, number>) =>
    text(
      listCard({
        runs: [runLike({ state: 'completed', ending: { is: 'completed', metrics } })],
        more: false,
        about: 'here',
      }),
    )
  expect(of({ eval_loss: 1, eval_accuracy: 0.9, eval_f1: 0.8 })).toContain(' · 0.900\n')
  expect(of({ eval_loss: 1, eval_f1: 0.8, eval_accuracy: 0.7 })).toContain(' · F1 0.800\n')
  expect(of({ eval_loss: 1, eval_mse: 1, eval_mae: 0.5 })).toContain(' · mean squared error 1\n')
})

test('an answer: the likeliest label, all that are likelier than not, or a number', () => {
  const of = (problem_type: ProblemType, scores: Record<string, number>) => {
    const all = Object.entries(scores).map(([label, score]) => ({ label, score }))
    const [best] = all
    return text(
      predictionCard({ run: runLike(), prediction: { text: 'x', problem_type, all, label: '', score: 0, ...best } }),
    )
  }
  expect(of('single_label_classification', { ham: 0.9, spam: 0.1 })).toMatch(/^\*\*ham\*\* 0\.900\n/)
  const several = of('multi_label_classification', { news: 0.97, sport: 0.6, art: 0.1 })
  expect(several).toMatch(/^\*\*news\*\* 0\.970 · \*\*sport\*\* 0\.600\n/)
  expect(several).toContain('0.100 art')
  expect(of('multi_label_classification', { news: 0.2 })).toMatch(/^\*\*no label\*\* is likelier than not/)
  expect(of('regression', { LABEL_0: -3.21987 })).toMatch(/^\*\*-3\.22\*\*\n/)
  expect(of('regression', { LABEL_0: -3.21987 })).not.toContain('LABEL')
})

test.each(ProblemType.options)('the script of a run that learns %s is Python', (problem_type) => {
  const script = pythonScript(
    runLike({ args: { problem_type, truncation_side: 'left', gradient_checkpointing: true } }),
  )
  const { stderr, status } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: script,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(script).toContain(`problem_type="${problem_type}"`)
  expect(script).toContain('tokenizer.truncation_side = "left"')
  expect(script).toMatch(/TrainingArguments\([^)]*\n {8}gradient_checkpointing=True,\n/)
})
