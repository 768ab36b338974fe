import { CUSTOM_ID_LENGTH } from './limits.ts'

/** What a button, a select or a modal can mean. commands/index.ts must have a handler for each: the compiler asks. */
export const BUTTONS = [
  'launch',
  'smoke-test',
  'edit',
  'take',
  'check-again',
  'preview',
  'python',
  'discard',
  'stop-and-save',
  'stop-now',
  'stop-now-for-sure',
  'try',
  'again',
  'resume',
  'receipt',
  'fix',
  'fix-for-sure',
  'log',
  'full-log',
  'wrong',
  'not-wrong',
  'teach',
  'forget',
  'recall',
  'publish',
  'publish-go',
  'publish-change',
  'publish-approve',
  'publish-withdraw',
  'publish-stop',
  'hub-token',
  'hub-token-remove',
  'hub-token-remove-for-sure',
  'settings',
] as const
export const SELECTS = ['show', 'publish-approvals', 'publish-visibility'] as const
export const ROLE_SELECTS = ['publish-role'] as const
export const MODALS = ['edit', 'try', 'explain', 'teach', 'publish-change-form', 'hub-token-form'] as const

export type ButtonAction = (typeof BUTTONS)[number]
export type SelectAction = (typeof SELECTS)[number]
export type RoleSelectAction = (typeof ROLE_SELECTS)[number]
export type ModalAction = (typeof MODALS)[number]
export type Action = ButtonAction | SelectAction | RoleSelectAction | ModalAction

/** Stands for "no run" where a control belongs to none. */
export const NO_RUN = 0

const VERSION = 'ft1'
const ACTIONS: ReadonlySet<string> = new Set([...BUTTONS, ...SELECTS, ...ROLE_SELECTS, ...MODALS])

export interface CustomId {
  action: Action
  /** The run's number, or NO_RUN. */
  run: number
  arg: string | null
}

/**
 * `ft1:<action>:<run>[:<arg>]`. Everything else is in the record, so that a button still works after a restart.
 * Throws when Discord would not take it.
 */
export function encodeId({ action, run, arg = null }: Omit<CustomId, 'arg'> & { arg?: string | null }): string {
  const id = [VERSION, action, String(run), ...(arg === null ? [] : [arg])].join(':')
  if (id.length > CUSTOM_ID_LENGTH) {
    throw new RangeError(`Expected a custom id of at most ${CUSTOM_ID_LENGTH} characters, got ${id.length}: ${id}`)
  }
  return id
}

/** What a custom id means, or null when another version of the project (or another bot) wrote it. */
export function decodeId(id: string): CustomId | null {
  const [version, action, run, ...rest] = id.split(':')
  if (version !== VERSION || action === undefined || !ACTIONS.has(action)) return null
  if (run === undefined || !/^\d{1,15}$/.test(run)) return null
  return { action: action as Action, run: Number(run), arg: rest.length === 0 ? null : rest.join(':') }
}
