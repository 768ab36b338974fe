import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Ends the name of a folder that is being made or removed; whatever stands under such a name may be deleted. */
export const UNFINISHED = '.unfinished'

/**
 * Makes a folder that is either whole or not there: `fill` writes into one beside it, which is then renamed. A folder of
 * that name is replaced.
 */
export async function writeWholeFolder({
  folder,
  fill,
}: {
  folder: string
  fill: (unfinished: string) => Promise<void>
}): Promise<void> {
  const unfinished = `${folder}.${randomUUID()}${UNFINISHED}`
  await mkdir(unfinished, { recursive: true })
  try {
    await fill(unfinished)
    await removeWholeFolder(folder)
    await rename(unfinished, folder)
    await syncFolder(dirname(folder))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** Removes a folder so that nobody ever sees half of it; one that is not there is fine. */
export async function removeWholeFolder(folder: string): Promise<void> {
  const leaving = `${folder}.${randomUUID()}${UNFINISHED}`
  try {
    await rename(folder, leaving)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await rm(leaving, { recursive: true, force: true })
}

/** Writes a text, and returns when it is on disk. */
export function writeText(path: string, text: string): Promise<void> {
  return writePieces(path, [text])
}

/** Writes pieces one behind the other, and returns when they are on disk. */
export async function writePieces(path: string, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const piece of pieces) await file.writeFile(piece)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** A rename is only kept through a power cut once its folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
