import type { APIButtonComponent, APIComponentInContainer } from 'discord-api-types/v10'
import type { Answered } from '../diagnosis/answered.ts'
import type { Explanation, FirstCause } from '../diagnosis/explain.ts'
import { canApply, type Fix, fixId } from '../diagnosis/fix.ts'
import type { Arguments } from '../run/arguments.ts'
import { NO_RUN } from './custom-id.ts'
import { ago } from './durations.ts'
import { ACCENT, button, type Card, card, container, row, separator, text } from './layout.ts'
import { person } from './names.ts'
import { seenLines } from './seen.ts'
import { codeBlock, inlineCode, plain, spoken } from './user-text.ts'

/** Fixes shown, and the characters that all of them together may take; they come from the least to the most disruptive. */
const FIXES_SHOWN = 5
const FIXES_LENGTH = 1700

/** What an error text means, for `/finetune explain` and the message menu. */
export function explanationCard({ answered }: { answered: Answered }): Card {
  const { explanation, first, seen } = answered
  if (!explanation) {
    return card(container(ACCENT.draft, ...unknownTexts(first)), row(...answerButtons(answered, NO_RUN)))
  }
  return card(
    container(
      ACCENT.warning,
      text(`### ${spoken(explanation.title, 100)}`, codeLine(explanation)),
      ...explanationTexts(explanation),
      ...seenLines({ seen, fixes: explanation.fixes }).map((line) => text(line)),
    ),
    row(...answerButtons(answered, NO_RUN)),
  )
}

/** The code that people quote, where it happened, and who taught it. */
export function codeLine({ code, where, taught }: Explanation): string {
  const parts = [
    code,
    where === null ? null : plain(where, 120),
    taught ? `taught by ${person(taught.by)} ${ago(taught.at)}` : null,
  ]
  return `-# ${parts.filter((part) => part !== null).join(' · ')}`
}

/** Whether a sentence says all that another one does, whatever error class stands before it and however names are marked. */
export function tells(sentence: string | null | undefined, other: string | null): boolean {
  return typeof sentence === 'string' && other !== null && bare(sentence).includes(bare(other))
}

function bare(sentence: string): string {
  const [line = ''] = sentence.split('\n')
  return line.replace(/^(?:[\w.]*(?:Error|Exception): )+/, '').replace(/`|[.\s]+$/g, '')
}

/**
 * Evidence, reason and fixes, as the failure card shows them too. `run` is a failed run with its arguments: a fix that
 * changes them has a button beside it. `told` is what its card has said above: it is not said again.
 */
export function explanationTexts(
  explanation: Explanation,
  run: { id: number; args: Arguments; told: string | null } | null = null,
): APIComponentInContainer[] {
  const said = fixesThatFit(explanation.fixes)
  const more = explanation.fixes.length - said.length
  const { evidence, why } = explanation
  const known = run !== null && (tells(run.told, evidence) || tells(why, evidence))
  const reason = [
    ...(known ? [] : [codeBlock(evidence, { length: 330 })]),
    ...(tells(run?.told, why) ? [] : [spoken(why, 600)]),
  ]
  return [
    ...(reason.length === 0 ? [] : [text(...reason)]),
    separator(),
    ...(explanation.fixes.length === 0 ? [text('-# No fix is known.')] : []),
    ...said.flatMap(({ fix, words }, index) => {
      const earlier = said.slice(0, index).some((other) => fixId(other.fix) === fixId(fix))
      if (run === null || !canApply(fix, run.args) || earlier) return [text(words)]
      const look = fix.changes_result ? 'secondary' : 'primary'
      const label = fix.changes_result ? 'Change and relaunch…' : 'Apply and relaunch'
      const arg = `${explanation.code}.${fixId(fix)}`
      // Below the words: beside them, a phone leaves ten letters a line.
      return [text(words), row(button({ label, look, action: 'fix', run: run.id, arg }))]
    }),
    ...(more > 0
      ? [text(`-# and ${more} more, each more disruptive; \`npx finetune explain\` on the command line lists all.`)]
      : []),
  ]
}

/** As many as the card has room for, and at least one. */
function fixesThatFit(fixes: readonly Fix[]): { fix: Fix; words: string }[] {
  const said = fixes.slice(0, FIXES_SHOWN).map((fix, index) => ({ fix, words: fixText(fix, index) }))
  let length = 0
  return said.filter(({ words }, index) => (length += words.length) <= FIXES_LENGTH || index === 0)
}

function fixText(fix: Fix, index: number): string {
  const command = fix.command === undefined ? '' : `\n${codeBlock(fix.command, { length: 160 })}`
  return `**${index + 1}.** ${spoken(fix.label, 320)}${note(fix)}${command}`
}

function note(fix: Fix): string {
  const notes = [
    fix.changes_result ? 'changes what is trained' : null,
    fix.applicability === 'needs-value' ? 'needs a value from you' : null,
    fix.applicability === 'maybe' && !fix.changes_result ? 'helps in some cases' : null,
    fix.cost === undefined ? null : spoken(fix.cost, 160),
  ].filter((part) => part !== null)
  return notes.length === 0 ? '' : `\n-# ${notes.join(' · ')}`
}

/** Not knowing is said plainly, with the first error of the text and where it came from. */
export function unknownTexts(first: FirstCause | null): APIComponentInContainer[] {
  if (!first) {
    return [
      text(
        '### No error was found in this text',
        'Paste the whole output, from the first line that says `Error` or `Traceback` on.',
      ),
    ]
  }
  return [
    text(
      '### The cause is not known',
      'This is the first error of the text, the one that the others came from:',
      codeBlock(first.message, { length: 330 }),
      ...(first.frame === null ? [] : [`in ${inlineCode(first.frame, 160)}`]),
      '-# Nothing in the catalogue fits, and nothing is guessed. Who manages the server can teach me what it means.',
    ),
  ]
}

/** What people can say about an answer. */
export function answerButtons({ id, explanation }: Answered, run: number): APIButtonComponent[] {
  const arg = String(id)
  return [
    ...(explanation ? [button({ label: 'This is wrong', action: 'wrong', run, arg })] : []),
    ...(explanation ? [] : [button({ label: 'Teach me', action: 'teach', run, arg })]),
    ...(explanation?.taught
      ? [button({ label: 'Forget it', action: 'forget', run: NO_RUN, arg: String(explanation.taught.id) })]
      : []),
  ]
}
