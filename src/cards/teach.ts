import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10'
import type { TaughtRow } from '../../storage/taught.ts'
import { codeOfTaught } from '../diagnosis/taught.ts'
import { encodeId, NO_RUN } from './custom-id.ts'
import { ago } from './durations.ts'
import { button, type Card, card, row, text } from './layout.ts'
import { person } from './names.ts'
import { textInput } from './text-input.ts'
import { clip, codeBlock, inlineCode, plain, spoken } from './user-text.ts'

/** The fields of the form, and how much each takes. */
export const TEACH_FIELDS = { title: 80, line: 300, why: 500, remedy: 400 } as const
export type TeachField = keyof typeof TEACH_FIELDS

/** Asks what an error means. `line` is the one that was found, to be cut down to what stays the same. */
export function teachForm({
  answer,
  run,
  line,
}: {
  answer: number
  run: number
  line: string
}): APIModalInteractionResponseCallbackData {
  return {
    custom_id: encodeId({ action: 'teach', run, arg: String(answer) }),
    title: 'Teach me this error',
    components: [
      textInput({
        name: 'title',
        label: 'What is wrong',
        description: 'One line, without the fix.',
        most: TEACH_FIELDS.title,
      }),
      textInput({
        name: 'line',
        label: 'The line that tells it',
        description: 'Exactly as in the log. Cut off what changes: paths, numbers, names.',
        value: clip(line, TEACH_FIELDS.line),
        long: true,
        most: TEACH_FIELDS.line,
      }),
      textInput({
        name: 'why',
        label: 'Why it happens',
        description: 'One or two sentences.',
        long: true,
        most: TEACH_FIELDS.why,
      }),
      textInput({
        name: 'remedy',
        label: 'What to do',
        description: 'A sentence or a command.',
        long: true,
        most: TEACH_FIELDS.remedy,
      }),
    ],
  }
}

/** Why something was not learned. What the person wrote is given back, so that nothing is lost. */
export function notTaughtCard({
  problems,
  written,
}: {
  problems: readonly string[]
  written: Readonly<Record<TeachField, string>>
}): Card {
  return card(
    text(
      '**That was not learned**',
      ...problems.map((problem) => `- ${spoken(problem, 400)}`),
      '-# What you wrote, for another try:',
      codeBlock([written.title, written.line, written.why, written.remedy].join('\n'), { length: 1500 }),
    ),
  )
}

const SHOWN = 12

/** Everything that a server has taught; each can be forgotten. */
export function taughtCard(taught: readonly TaughtRow[]): Card {
  if (taught.length === 0) {
    return card(
      text(
        'Nothing is taught on this server.',
        '-# Where `/finetune explain` does not know a cause, *Teach me* adds it.',
      ),
    )
  }
  const shown = taught.slice(-SHOWN)
  const more = taught.length - shown.length
  return card(
    text(
      `**Taught on this server**${more > 0 ? `, the newest ${SHOWN} of ${taught.length}` : ''}`,
      ...shown.map(
        ({ id, title, line, taught_by, taught_at }) =>
          `${codeOfTaught(id)} **${plain(title, 80)}** · ${person(taught_by)} ${ago(taught_at)}\n-# ${inlineCode(line, 80)}`,
      ),
    ),
    ...rows(shown),
  )
}

const ROW = 4

function rows(taught: readonly TaughtRow[]) {
  return Array.from({ length: Math.ceil(taught.length / ROW) }, (_, index) =>
    row(
      ...taught
        .slice(index * ROW, (index + 1) * ROW)
        .map(({ id }) =>
          button({ label: `Forget ${codeOfTaught(id)}`, action: 'forget', run: NO_RUN, arg: String(id) }),
        ),
    ),
  )
}

/** Says that it is not used any more, with the way back. */
export function forgottenCard({ id, title }: Pick<TaughtRow, 'id' | 'title'>): Card {
  return card(
    text(`${codeOfTaught(id)} **${plain(title, 80)}** is forgotten: it explains nothing any more.`),
    row(button({ label: 'Use it again', action: 'recall', run: NO_RUN, arg: String(id) })),
  )
}
