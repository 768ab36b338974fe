import { ChannelType, OverwriteType, PermissionFlagsBits as May } from 'discord-api-types/v10'
import { failure } from './failure.ts'
import { isThread, type Channel, type State } from './state.ts'

const ALL = Object.values(May).reduce((all, bit) => all | bit, 0n)

/** What someone may do in the guild: the union of their roles; the owner and administrators may do everything. */
export function guildPermissions(state: State, user: string): bigint {
  const member = state.members.get(user)
  if (member === undefined) return 0n
  if (user === state.guild.ownerId) return ALL
  const granted = [state.guild.id, ...member.roles]
    .map((id) => BigInt(state.roles.get(id)?.permissions ?? '0'))
    .reduce((all, bits) => all | bits, 0n)
  return (granted & May.Administrator) !== 0n ? ALL : granted
}

/**
 * What someone may do in a channel. A thread has its parent's overwrites; a private thread is seen by its members and
 * by whoever manages threads. Without ViewChannel nothing is left.
 */
export function permissionsIn(state: State, user: string, channel: Channel): bigint {
  const base = guildPermissions(state, user)
  if (base === ALL || base === 0n) return base
  const home = isThread(channel) ? state.channels.get(channel.parent_id) : channel
  const overwrites = home !== undefined && !isThread(home) ? home.permission_overwrites : []
  const roles = state.members.get(user)?.roles ?? []
  const apply = (bits: bigint, which: (id: string, type: OverwriteType) => boolean) => {
    const some = overwrites.filter((one) => which(one.id, one.type))
    const deny = some.reduce((all, one) => all | BigInt(one.deny), 0n)
    const allow = some.reduce((all, one) => all | BigInt(one.allow), 0n)
    return (bits & ~deny) | allow
  }

  // Discord's order: everyone, then all roles together, then the member.
  let bits = apply(base, (id, type) => type === OverwriteType.Role && id === state.guild.id)
  bits = apply(bits, (id, type) => type === OverwriteType.Role && roles.includes(id))
  bits = apply(bits, (id, type) => type === OverwriteType.Member && id === user)
  if ((bits & May.ViewChannel) === 0n) return 0n
  if (isThread(channel) && channel.type === ChannelType.PrivateThread) {
    const inside = state.threadMembers.get(channel.id)?.has(user) === true
    if (!inside && (bits & May.ManageThreads) === 0n) return 0n
  }
  return bits
}

export function may(state: State, user: string, channel: Channel, bits: bigint): boolean {
  return (permissionsIn(state, user, channel) & bits) === bits
}

export function canSee(state: State, user: string, channel: Channel): boolean {
  return may(state, user, channel, May.ViewChannel)
}

/** Throws 50001 where the bot cannot see the channel, 50013 where it sees it but may not do this. */
export function demand(state: State, user: string, channel: Channel, bits: bigint): void {
  if (!canSee(state, user, channel)) throw failure.missingAccess()
  if (!may(state, user, channel, bits)) throw failure.missingPermissions()
}
