import { InteractionContextType } from 'discord.js'
import type { SlashCommand, Subcommand, Table } from '../src/bot/table.ts'
import { againButton } from './finetune/again.ts'
import { checkAgainButton } from './finetune/draft/check-again.ts'
import { discardButton } from './finetune/draft/discard.ts'
import { editAnswer, editButton } from './finetune/draft/edit.ts'
import { launchButton } from './finetune/draft/launch.ts'
import { previewButton } from './finetune/draft/preview.ts'
import { pythonButton } from './finetune/draft/python.ts'
import { smokeTestButton } from './finetune/draft/smoke-test.ts'
import { takeButton } from './finetune/draft/take.ts'
import { explain, explainAnswer } from './finetune/explain.ts'
import { fixButton, fixForSureButton } from './finetune/fix.ts'
import { help } from './finetune/help.ts'
import { list } from './finetune/list.ts'
import { fullLogButton, logButton } from './finetune/log.ts'
import { predict, tryAnswer, tryButton } from './finetune/predict.ts'
import {
  publish,
  publishApproveButton,
  publishButton,
  publishChangeAnswer,
  publishChangeButton,
  publishGoButton,
  publishStopButton,
  publishWithdrawButton,
} from './finetune/publish.ts'
import { receiptButton } from './finetune/receipt.ts'
import {
  hubTokenAnswer,
  hubTokenButton,
  hubTokenRemoveButton,
  hubTokenRemoveForSureButton,
  publishApprovalsSelect,
  publishRoleSelect,
  publishVisibilitySelect,
  settings,
  settingsButton,
} from './finetune/settings.ts'
import { resume, resumeButton } from './finetune/resume.ts'
import { show, showSelect } from './finetune/show.ts'
import { start } from './finetune/start.ts'
import { status } from './finetune/status.ts'
import { stop, stopAndSaveButton, stopNowButton, stopNowForSureButton } from './finetune/stop.ts'
import { taught } from './finetune/taught.ts'
import { forgetButton, recallButton, teachAnswer, teachButton } from './finetune/teach.ts'
import { notWrongButton, wrongButton } from './finetune/wrong.ts'
import { explainError } from './message/explain-error.ts'

const subcommands: readonly Subcommand[] = [
  start,
  status,
  list,
  show,
  stop,
  resume,
  predict,
  publish,
  explain,
  taught,
  settings,
]

const finetune: SlashCommand = {
  definition: {
    name: 'finetune',
    description: 'Fine-tune a model, follow it, review it',
    contexts: [InteractionContextType.Guild],
  },
  subcommands: [...subcommands, help(subcommands)],
}

/** Everything a person can do. The keys are the actions of src/cards/custom-id.ts; a missing one does not compile. */
export const TABLE: Table = {
  commands: [finetune],
  messageCommands: [explainError],
  buttons: {
    launch: launchButton,
    'smoke-test': smokeTestButton,
    edit: editButton,
    take: takeButton,
    'check-again': checkAgainButton,
    preview: previewButton,
    python: pythonButton,
    discard: discardButton,
    'stop-and-save': stopAndSaveButton,
    'stop-now': stopNowButton,
    'stop-now-for-sure': stopNowForSureButton,
    try: tryButton,
    again: againButton,
    resume: resumeButton,
    receipt: receiptButton,
    fix: fixButton,
    'fix-for-sure': fixForSureButton,
    log: logButton,
    'full-log': fullLogButton,
    wrong: wrongButton,
    'not-wrong': notWrongButton,
    teach: teachButton,
    forget: forgetButton,
    recall: recallButton,
    publish: publishButton,
    'publish-go': publishGoButton,
    'publish-change': publishChangeButton,
    'publish-approve': publishApproveButton,
    'publish-withdraw': publishWithdrawButton,
    'publish-stop': publishStopButton,
    'hub-token': hubTokenButton,
    'hub-token-remove': hubTokenRemoveButton,
    'hub-token-remove-for-sure': hubTokenRemoveForSureButton,
    settings: settingsButton,
  },
  forms: {
    edit: editAnswer,
    try: tryAnswer,
    explain: explainAnswer,
    teach: teachAnswer,
    'publish-change-form': publishChangeAnswer,
    'hub-token-form': hubTokenAnswer,
  },
  selects: {
    show: showSelect,
    'publish-approvals': publishApprovalsSelect,
    'publish-visibility': publishVisibilitySelect,
  },
  roleSelects: { 'publish-role': publishRoleSelect },
}
