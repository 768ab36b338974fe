import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity'

const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers })

/**
 * Whether a text may be shown in a channel: false when it holds an obscene word. Spam often does, and a row of the
 * e-mails that is not showable is never quoted.
 */
export function showable(text: string): boolean {
  return !matcher.hasMatch(text)
}
