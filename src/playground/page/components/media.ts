import type { APIUnfurledMediaItem } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'

/** Where a media item's bytes are: Discord answers with a full address, a bot writes `attachment://name`. */
export function mediaUrl(message: ShownMessage, { url }: APIUnfurledMediaItem): string {
  const name = /^attachment:\/\/(.+)$/.exec(url)?.[1]
  if (name === undefined) return url
  return message.attachments.find(({ filename }) => filename === name)?.url ?? ''
}

export function fileName(url: string): string {
  return decodeURIComponent(url.split(/[?#]/)[0]?.split('/').at(-1) ?? url)
}

/** 1536 → "1.5 KB", as Discord writes it. */
export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const units = ['KB', 'MB', 'GB']
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length)
  return `${(bytes / 1024 ** power).toFixed(2).replace(/\.?0+$/, '')} ${units[power - 1] ?? 'GB'}`
}
