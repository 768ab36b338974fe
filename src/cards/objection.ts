import { button, type Card, card, row, sentence, text } from './layout.ts'
import { inlineCode } from './user-text.ts'

/** Thanks whoever says that an answer is wrong, with the way back. */
export function objectionCard({ answer, run, code }: { answer: number; run: number; code: string | null }): Card {
  return card(
    text(
      `It is written down that ${code === null ? 'this answer' : inlineCode(code)} is wrong here, and the same text will say so.`,
      '-# Kept: the hash of the text, the line above without secrets, and your name.',
    ),
    row(button({ label: 'Take it back', action: 'not-wrong', run, arg: String(answer) })),
  )
}

export const takenBackCard = (): Card => sentence('Taken back: nothing is held against that answer by you.')
