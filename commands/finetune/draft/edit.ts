import type { ModalSubmitFields } from 'discord.js'
import type { Run } from '../../../storage/runs.ts'
import type { Button, RunForm } from '../../../src/bot/table.ts'
import { EDIT_FIELDS, EDIT_REST, editForm, restOf } from '../../../src/cards/edit-form.ts'
import { editRun } from '../../../src/control/draft/edit.ts'
import { type ArgumentName, type Arguments, DEFAULTS } from '../../../src/run/arguments.ts'
import { readWritten } from '../../../src/preflight/written.ts'
import type { FreeLine } from '../../../src/run/free-line.ts'
import { readValue } from '../../../src/run/spec.ts'
import { UserError } from '../../../src/user-error.ts'

export const editButton: Button = {
  who: 'starter',
  acknowledge: 'form',
  form: ({ run }) => {
    if (run.state !== 'draft') {
      throw new UserError(
        `#${run.id} is ${run.state}; only a draft can be edited.`,
        'Run again makes a new draft from it.',
      )
    }
    return editForm(run)
  },
}

/** Values that fit are taken; those that do not stand on the card, and Launch waits for them. */
export const editAnswer: RunForm = {
  who: 'starter',
  acknowledge: 'update',
  run: ({ bot, run, interaction }) => {
    const { args, notices, refused } = readForm(interaction.fields, run)
    const edited = editRun(bot.context, { id: run.id, args, actor: interaction.user.id })
    bot.drafts.remember(edited, { notices, refused })
    bot.narrator.touch(run.id)
    return null
  },
}

function readForm(fields: ModalSubmitFields, run: Run): FreeLine {
  const rest = readWritten(fields.getTextInputValue(EDIT_REST))
  const args: Partial<Arguments> = { ...takenOut(run, rest), ...rest.args }
  const refused = [...rest.refused]
  for (const name of EDIT_FIELDS) {
    try {
      Object.assign(args, { [name]: readValue(name, fields.getTextInputValue(name)) })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused.push(error.text)
    }
  }
  return { args, notices: rest.notices, refused }
}

/** What stood in the free line and was taken out goes back to its default; unless a word of it was not understood. */
function takenOut(run: Run, { args, refused }: FreeLine): Partial<Arguments> {
  if (refused.length > 0) return {}
  const names = Object.keys(restOf(run.spec.args)) as ArgumentName[]
  return Object.fromEntries(names.filter((name) => !(name in args)).map((name) => [name, DEFAULTS[name]]))
}
