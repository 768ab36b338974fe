import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { all, removeWholeFolder, writePieces, writeWholeFolder } from '../../src/engine/whole-folder.ts'
import { testFolder } from './folder.ts'

const root = testFolder()

describe('a file in pieces', () => {
  it('holds them one behind the other, more of them than the disk is handed at once', async () => {
    const path = join(root, 'pieces')
    const sizes = [3, 0, 20 * 2 ** 20, 1, 15 * 2 ** 20, 2 ** 20, 0, 17 * 2 ** 20, 5]
    const pieces = sizes.map((size, i) => new Uint8Array(size).fill(i + 1))
    await writePieces(path, pieces)
    expect(Buffer.concat(pieces).equals(readFileSync(path))).toBe(true)
  })

  it('of nothing is empty', async () => {
    const path = join(root, 'empty')
    await writePieces(path, [])
    expect(statSync(path).size).toBe(0)
  })

  it('fails where the disk takes no more', async () => {
    const pieces = Array.from({ length: 40 }, () => new Uint8Array(2 ** 20))
    await expect(writePieces('/dev/full', pieces)).rejects.toMatchObject({ code: 'ENOSPC' })
  })
})

describe('a folder that is removed', () => {
  const many = async (folder: string) => {
    await mkdir(folder)
    for (let i = 0; i < 500; i++) writeFileSync(join(folder, String(i)), '')
  }
  /** How many files a folder was seen to hold while something was done; null where it was not there. */
  const seenWhile = async (folder: string, work: Promise<unknown>) => {
    const seen = new Set<number | null>()
    const state = { isDone: false }
    const done = work.finally(() => (state.isDone = true))
    while (!state.isDone) {
      const files = await readdir(folder).catch(() => null)
      seen.add(files?.length ?? null)
    }
    await done
    return seen
  }

  it('is all there, or not at all', async () => {
    const folder = join(root, 'removed')
    await many(folder)
    const seen = await seenWhile(folder, removeWholeFolder(folder))
    expect([...seen].filter((files) => files !== 500 && files !== null)).toEqual([])
    expect(existsSync(folder)).toBe(false)
    await removeWholeFolder(folder)
  })

  it('whose place another takes is the old one, the new one, or none', async () => {
    const folder = join(root, 'replaced')
    await many(folder)
    const fill = (unfinished: string) => writePieces(join(unfinished, 'one'), [Buffer.from('new')])
    const seen = await seenWhile(folder, writeWholeFolder({ folder, fill }))
    expect([...seen].filter((files) => files !== 500 && files !== 1 && files !== null)).toEqual([])
    expect(readdirSync(folder)).toEqual(['one'])
  })
})

it('a folder is given up only when nothing is written into it any more', async () => {
  const folder = join(root, 'model')
  let isWritten = false
  const late = async (unfinished: string) => {
    await setTimeout(100)
    await writePieces(join(unfinished, 'late'), [Buffer.from('late')])
    isWritten = true
  }
  const fill = (unfinished: string) => all([late(unfinished), Promise.reject(new Error('first'))])
  await expect(writeWholeFolder({ folder, fill })).rejects.toThrow('first')
  expect(isWritten).toBe(true)
})
