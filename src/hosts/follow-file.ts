import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

const CHUNK_BYTES = 64 * 1024

export interface FollowFile {
  path: string
  /** Bytes that are known already. */
  offset: number
  signal: AbortSignal
  /** How often to look without being told: some file systems have no inotify. */
  pollMs?: number
}

/**
 * Bytes of a file from `offset`, as they are appended, until `signal` aborts. A file (or folder) that is not there yet
 * is waited for. Throws when the file has become shorter than what was read: its writer only ever appends.
 */
export async function* followFile({ path, offset, signal, pollMs = 2_000 }: FollowFile): AsyncGenerator<Uint8Array> {
  const bell = ringOnChange({ path, signal, pollMs })
  const aborted = () => signal.aborted
  try {
    let position = offset
    while (!aborted()) {
      bell.reset()
      for await (const chunk of readFrom({ path, offset: position })) {
        position += chunk.length
        yield chunk
        if (aborted()) return
      }
      await bell.rung()
    }
  } finally {
    bell.close()
  }
}

/** What the file holds from `offset` on right now, in chunks; nothing when there is no file. */
export async function* readFrom({ path, offset }: { path: string; offset: number }): AsyncGenerator<Uint8Array> {
  const file = await openIfThere(path)
  if (!file) return
  try {
    const { size } = await file.stat()
    if (size < offset) {
      throw new Error(`Expected ${path} to only grow, but it has ${size} bytes where ${offset} were read before.`)
    }
    // No further than `size`: what is appended meanwhile rings again, and small reads need small buffers.
    for (let position = offset; position < size;) {
      const length = Math.min(CHUNK_BYTES, size - position)
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Rings when the file may have changed, at least every `pollMs`, and at once when `signal` aborts. */
function ringOnChange({ path, signal, pollMs }: { path: string; signal: AbortSignal; pollMs: number }) {
  let due = false
  let wake: (() => void) | null = null
  const ring = () => {
    due = true
    wake?.()
  }
  // The folder, not the file: it is there first, and a file that is renamed into place is seen too.
  let watcher: FSWatcher | null = null
  const watchFolder = () => {
    try {
      watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(path)) ring()
      })
      watcher.on('error', () => {
        watcher?.close()
        watcher = null
      })
    } catch {
      // No folder yet, or no watches left: the poll below still looks.
      watcher = null
    }
  }
  watchFolder()
  const poll = setInterval(() => {
    if (!watcher) watchFolder()
    ring()
  }, pollMs)
  signal.addEventListener('abort', ring)
  return {
    reset: () => {
      due = signal.aborted
    },
    rung: async () => {
      if (due) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = null
    },
    close: () => {
      clearInterval(poll)
      watcher?.close()
      signal.removeEventListener('abort', ring)
    },
  }
}
