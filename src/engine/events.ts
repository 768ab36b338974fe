import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { NewEvent, RunEvent } from '../run/events.ts'
import { parseEvent, type UnknownEvent } from '../run/read-event.ts'
import { RUN_FOLDER } from '../run/run-file.ts'
import { EMPTY_VIEW, fold, foldAll, type RunView } from '../run/view.ts'

/** The pen for `events.jsonl`: each event is one line in one write, so that a reader never sees half of one for long. */
export interface Events {
  emit: (event: NewEvent) => void
  /** Everything written so far, folded. */
  view: () => RunView
  /** The view as it would be after one more event, which is not written. */
  viewWith: (event: NewEvent) => RunView
  close: () => void
}

/** Events after which everything so far is on disk, whatever happens to the machine. */
const SYNCED: ReadonlySet<RunEvent['type']> = new Set([
  'executor',
  'phase',
  'resumed',
  'checkpoint',
  'done',
  'stopped',
  'failed',
])

/** Opens the events of a run folder, going on where an earlier engine ended; its torn last line is cut off. */
export function openEvents({ folder, now = () => new Date() }: { folder: string; now?: () => Date }): Events {
  const path = join(folder, RUN_FOLDER.events)
  const file = openSync(path, 'a+')
  let view = EMPTY_VIEW
  /** Written and not in the view yet: folded together when somebody looks, so that a row costs no copy of those before. */
  let unseen: (RunEvent | UnknownEvent)[] = []
  let seq = 0
  const look = (): RunView => {
    view = foldAll(view, unseen)
    unseen = []
    return view
  }
  if (fstatSync(file).size > 0) {
    const text = readFileSync(path)
    const whole = text.lastIndexOf(0x0a) + 1
    ftruncateSync(file, whole)
    for (const line of text.subarray(0, whole).toString('utf8').split('\n')) {
      const event = parseEvent(line)
      if (event) unseen.push(event)
    }
    seq = look().lastSeq
  }
  const complete = (event: NewEvent): RunEvent => {
    const stamp = { seq: seq + 1, at: now().toISOString() }
    // A row that another engine has stamped is stamped anew.
    return { ...stamp, ...event, ...stamp }
  }

  return {
    emit: (event) => {
      const whole = complete(event)
      const line = Buffer.from(`${JSON.stringify(whole)}\n`)
      const written = writeSync(file, line)
      if (written !== line.length) throw Object.assign(new Error('The disk took half an event'), { code: 'ENOSPC' })
      seq = whole.seq
      unseen.push(whole)
      if (SYNCED.has(event.type)) fsyncSync(file)
    },
    view: look,
    viewWith: (event) => fold(look(), complete(event)),
    close: () => closeSync(file),
  }
}
