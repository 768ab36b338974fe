import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { RUN_FOLDER } from '../run/run-file.ts'

const StopFile = z.object({ by: z.string().nullish() })

/** Somebody wants the run to stop and save. */
export interface StopRequest {
  /** A Discord user id; null when it was a signal, or nobody's name was given. */
  by: string | null
}

/** Leaves what is being done, because somebody wants the run to stop. */
export class Stopped extends Error {
  readonly request: StopRequest

  constructor(request: StopRequest) {
    super('The run is asked to stop')
    this.request = request
  }
}

export interface Stop {
  /** Whether somebody wants that; null while nobody does. */
  asked: () => StopRequest | null
  /** Throws Stopped once somebody does: for the middle of something that may be left undone. */
  check: () => void
  close: () => void
}

/**
 * Answers whether the run was asked to stop: by `stop.json` in its folder, by SIGTERM, or by `signal`. Asking costs one
 * failed open (some 10 µs), so the loop asks between any two steps, and an evaluation
 * between any two batches.
 */
export function watchForStop({ folder, signal }: { folder: string; signal: AbortSignal }): Stop {
  let terminated = false
  const onTerminate = () => (terminated = true)
  process.on('SIGTERM', onTerminate)
  const asked = (): StopRequest | null =>
    readStop(join(folder, RUN_FOLDER.stop)) ?? (terminated || signal.aborted ? { by: null } : null)
  return {
    asked,
    check: () => {
      const request = asked()
      if (request) throw new Stopped(request)
    },
    close: () => process.off('SIGTERM', onTerminate),
  }
}

function readStop(path: string): StopRequest | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  // That the file is there is the request; what it says is only who.
  try {
    return { by: StopFile.parse(JSON.parse(text)).by ?? null }
  } catch {
    return { by: null }
  }
}
