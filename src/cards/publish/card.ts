import { type Card, card, text } from '../layout.ts'
import { runTitle } from '../names.ts'
import { inlineCode } from '../user-text.ts'
import { askedCard, draftCard } from './draft.ts'
import { brokenCard, publishedCard } from './ended.ts'
import type { PublishOnCard } from './shown.ts'
import { uploadingCard } from './uploading.ts'

/** A publication from its draft to its link: one message, a pure function of the record. */
export function publishCard(shown: PublishOnCard): Card {
  const { run, publish } = shown
  switch (publish.state) {
    case 'draft':
      return draftCard(shown)
    case 'asked':
      return askedCard(shown)
    case 'uploading':
      return uploadingCard(shown)
    case 'published':
      return publishedCard(shown)
    case 'failed':
    case 'interrupted':
      return brokenCard(shown)
    case 'discarded':
      return card(text(`-# Publishing ${runTitle(run)} to ${inlineCode(publish.repository, 120)} was called off.`))
  }
}
