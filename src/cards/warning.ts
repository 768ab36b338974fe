import type { EventOf } from '../run/events.ts'
import { ACCENT, type Card, card, container, text } from './layout.ts'
import { plain, spoken } from './user-text.ts'

/** Something looks wrong while there is still time. */
export function warningCard(warning: EventOf<'warning'>): Card {
  const at = warning.step === undefined ? '' : ` at step ${warning.step}`
  return card(container(ACCENT.warning, text(`⚠ ${spoken(warning.message, 800)}`, `-# ${plain(warning.code)}${at}`)))
}
