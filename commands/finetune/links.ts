import { messageLink } from 'discord.js'
import type { Run } from '../../storage/runs.ts'

/** A link that jumps to a message of the run's channel. */
export function linkTo({ guild_id, channel_id }: Run, message_id: string, label: string): string {
  return `[${label}](${messageLink(channel_id, message_id, guild_id)})`
}

/** Where a run is told of, in words. */
export function placeOf({ thread_id, channel_id }: Run): string {
  return `<#${thread_id ?? channel_id}>`
}
