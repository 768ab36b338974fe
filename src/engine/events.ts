import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type NewEvent, parseEvent, type RunEvent } from '../run/events.ts'
import { RUN_FOLDER } from '../run/run-file.ts'
import { EMPTY_VIEW, fold, type RunView } from '../run/view.ts'

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
const SYNCED: ReadonlySet<RunEvent['type']> = new Set(['executor', 'phase', 'checkpoint', 'done', 'stopped', 'failed'])

/** Opens the events of a run folder, going on where an earlier engine ended; its torn last line is cut off. */
export function openEvents({ folder, now = () => new Date() }: { folder: string; now?: () => Date }): Events {
  const path = join(folder, RUN_FOLDER.events)
  const file = openSync(path, 'a+')
  let view = EMPTY_VIEW
  if (fstatSync(file).size > 0) {
    const text = readFileSync(path)
    const whole = text.lastIndexOf(0x0a) + 1
    ftruncateSync(file, whole)
    for (const line of text.subarray(0, whole).toString('utf8').split('\n')) {
      const event = parseEvent(line)
      if (event) view = fold(view, event)
    }
  }
  const complete = (event: NewEvent): RunEvent => ({ seq: view.lastSeq + 1, at: now().toISOString(), ...event })

  return {
    emit: (event) => {
      const whole = complete(event)
      const line = Buffer.from(`${JSON.stringify(whole)}\n`)
      const written = writeSync(file, line)
      if (written !== line.length) throw Object.assign(new Error('The disk took half an event'), { code: 'ENOSPC' })
      view = fold(view, whole)
      if (SYNCED.has(event.type)) fsyncSync(file)
    },
    view: () => view,
    viewWith: (event) => fold(view, complete(event)),
    close: () => closeSync(file),
  }
}
