import { type PermissionsBitField, PermissionFlagsBits } from 'discord.js'
import type { Run } from '../../storage/runs.ts'
import { person } from '../cards/names.ts'
import { UserError } from '../user-error.ts'

/** Whoever started a run decides about it, and so does whoever manages the server. */
export type Who = 'anyone' | 'starter'

/** Throws UserError when this person may not do this to the run. */
export function checkMay(
  who: Who,
  { run, user_id, rights }: { run: Run; user_id: string; rights: Readonly<PermissionsBitField> | null },
): void {
  if (who === 'anyone' || run.created_by === user_id || rights?.has(PermissionFlagsBits.ManageGuild) === true) return
  throw new UserError(
    `Run #${run.id} is ${person(run.created_by)}'s; only they or somebody who manages the server can do that.`,
    'Run again makes a draft of your own from it.',
  )
}

/** Throws UserError unless this person manages the server. */
export function checkManages(rights: Readonly<PermissionsBitField> | null): void {
  if (rights?.has(PermissionFlagsBits.ManageGuild) === true) return
  throw new UserError('Only somebody who manages the server can do that.', 'Ask one of them to do it.')
}

/**
 * Throws UserError unless this person may publish the run's model (`asks`), or approve that somebody else does. With a
 * role set, its members may do both; without, the starter asks and anybody approves. Who manages the server always may.
 */
export function checkMayPublish(
  what: 'asks' | 'approves',
  {
    run,
    role,
    user_id,
    roles,
    rights,
  }: {
    run: Run
    /** Of the server's settings. */
    role: string | null
    user_id: string
    /** The person's. */
    roles: { has: (id: string) => boolean }
    rights: Readonly<PermissionsBitField> | null
  },
): void {
  if (rights?.has(PermissionFlagsBits.ManageGuild) === true) return
  if (role !== null) {
    if (roles.has(role)) return
    throw new UserError(
      `Publishing is for members of <@&${role}> here.`,
      'Somebody who manages the server changes that in `/finetune settings`.',
    )
  }
  if (what === 'approves') return
  checkMay('starter', { run, user_id, rights })
}

const NEEDED = {
  'View Channel': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Create Public Threads': PermissionFlagsBits.CreatePublicThreads,
  'Send Messages in Threads': PermissionFlagsBits.SendMessagesInThreads,
} as const

/** Throws UserError that names what the bot may not do in a channel, before a run is started that could not be told of. */
export function checkCanTell(rights: Readonly<PermissionsBitField>): void {
  const missing = Object.entries(NEEDED).filter(([, bit]) => !rights.has(bit))
  if (missing.length === 0) return
  throw new UserError(
    `I cannot tell of a run in this channel: I lack ${missing.map(([name]) => `**${name}**`).join(', ')}.`,
    'Somebody who manages the server can allow it in the channel settings, under Permissions.',
  )
}
