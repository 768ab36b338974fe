/** Keeps one trained model loaded and answers questions about texts. Its argument is the model folder. */
import { loadClassifier } from '../engine/predict.ts'
import type { Scored } from './predict.ts'
import { answerQuestions } from './side-answers.ts'

await answerQuestions(async ([folder = '']) => {
  const classifier = await loadClassifier({ folder })
  return (texts: readonly string[]): Promise<Scored[][]> => classifier.classify(texts)
})
