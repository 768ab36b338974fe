import type { Explanation } from '../diagnosis/explain.ts'
import type { Fix } from '../diagnosis/fix.ts'
import type { APIComponentInContainer } from 'discord-api-types/v10'
import { ACCENT, button, type Card, card, container, section, separator, text } from './layout.ts'
import { clip, codeBlock, plain, spoken } from './user-text.ts'

/** Fixes shown; they are ordered from the least to the most disruptive. */
const FIXES_SHOWN = 3

/** What an error text means, for `/finetune explain` and the message menu. */
export function explanationCard({
  explanation,
  text: written,
}: {
  explanation: Explanation | null
  text: string
}): Card {
  if (!explanation) return unknownCard(written)
  return card(
    container(
      ACCENT.warning,
      text(
        `### ${spoken(explanation.title, 100)}`,
        `-# ${explanation.code}${explanation.where === null ? '' : ` · ${plain(explanation.where, 120)}`}`,
      ),
      ...explanationTexts(explanation),
    ),
  )
}

/**
 * Evidence, reason and fixes, as the failure card shows them too. With the number of a failed run, a fix that can be
 * made as it is has a button beside it.
 */
export function explanationTexts(explanation: Explanation, run: number | null = null): APIComponentInContainer[] {
  const fixes = explanation.fixes.slice(0, FIXES_SHOWN)
  return [
    text(codeBlock(explanation.evidence, { length: 420 }), spoken(explanation.why, 700)),
    separator(),
    ...(fixes.length === 0 ? [text('-# No fix is known.')] : []),
    ...fixes.map((fix, index) => {
      const said = text(fixText(fix, index))
      if (run === null || fix.applicability !== 'apply' || !fix.change) return said
      const arg = `${explanation.code}.${index}`
      return section(said, button({ label: 'Apply and relaunch', look: 'primary', action: 'fix', run, arg }))
    }),
  ]
}

function fixText(fix: Fix, index: number): string {
  const command = fix.command === undefined ? '' : `\n${codeBlock(fix.command, { length: 160 })}`
  return `**${index + 1}.** ${spoken(fix.label, 320)}${note(fix)}${command}`
}

function note(fix: Fix): string {
  const notes = [
    fix.changes_result ? 'changes what is trained' : null,
    fix.applicability === 'needs-value' ? 'needs a value from you' : null,
    fix.applicability === 'maybe' ? 'helps in some cases' : null,
    fix.cost === undefined ? null : spoken(fix.cost, 80),
  ].filter((part) => part !== null)
  return notes.length === 0 ? '' : `\n-# ${notes.join(' · ')}`
}

/** Not knowing is said plainly, with the line that looks most like the error. */
function unknownCard(written: string): Card {
  const lines = written.split('\n').map((line) => line.trim())
  const suspect = lines.findLast((line) => /error|exception|killed|failed/i.test(line)) ?? lines.findLast(Boolean) ?? ''
  return card(
    container(
      ACCENT.draft,
      text(
        '### The cause is not known',
        ...(suspect === ''
          ? []
          : ['This line looks most like the error:', codeBlock(clip(suspect, 300), { length: 400 })]),
        'Nothing in the catalogue fits this text. Pasting the whole output, from the first error on, helps most.',
      ),
    ),
  )
}
