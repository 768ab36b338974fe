import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { all, writePieces, writeWholeFolder } from '../../src/engine/whole-folder.ts'
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
