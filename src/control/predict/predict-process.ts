/** Keeps one trained model loaded and answers questions about texts. Its argument is the model folder. */
import { loadClassifier } from '../../engine/predict.ts'
import type { Asked } from './predict.ts'
import { answerQuestions } from '../side/answers.ts'

await answerQuestions(async ([folder = '']) => {
  const classifier = await loadClassifier({ folder })
  return async (texts: readonly string[]): Promise<Asked> => ({
    problem_type: classifier.problem_type,
    labels: await classifier.classify(texts),
  })
})
