import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity'

const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers })

/** Words of adverts for adults, which are no swear words and so not in the library's list. */
const ADULT =
  /\b(?:xxx+|nudes?|nudity|naked|nympho\w*|horny|hardcore|erotic\w*|lolitas?|masturbat\w*|fetish\w*|orgy|orgies|sexy|sexual\w*|milfs?|bdsm|voyeur\w*|viagra|enlarge(?:ment|r)|rape\w*|incest)\b/i

/**
 * Whether a text may be shown in a channel: false when it holds an obscene word. Spam often does, and a row of the
 * e-mails that is not showable is never quoted.
 */
export function showable(text: string): boolean {
  return !ADULT.test(text) && !matcher.hasMatch(text)
}
