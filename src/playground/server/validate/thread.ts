import { isThread, type Channel } from '../state.ts'
import { refuse, type Fault } from './faults.ts'
import { shapeFaults, shapes } from './spec.ts'

export function checkThread(body: unknown, kind: 'from message' | 'alone'): void {
  refuse([...shapeFaults(kind === 'alone' ? shapes.threadAlone : shapes.threadFromMessage, body), ...nameFaults(body)])
}

export function checkChannel(body: unknown, channel: Channel): void {
  refuse([...shapeFaults(isThread(channel) ? shapes.threadEdit : shapes.channelEdit, body), ...nameFaults(body)])
}

function nameFaults(body: unknown): Fault[] {
  const name = (body as { name?: unknown } | null)?.name
  return typeof name === 'string' && name.trim() === ''
    ? [{ path: ['name'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }]
    : []
}
