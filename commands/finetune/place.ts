import type { Run } from '../../storage/runs.ts'

/** Where a run is told of, as a link. */
export function placeOf({ thread_id, channel_id }: Run): string {
  return `<#${thread_id ?? channel_id}>`
}
