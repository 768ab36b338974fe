import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Playground } from '../../src/playground/server/playground.ts'

/** The Hub token that tests work with, made anew for each run of the suite. It must be nowhere but in memory. */
export function canary(): string {
  const { HF_TOKEN = '' } = process.env
  // A benchmark is no test: it has none.
  return HF_TOKEN.startsWith('hf_SuiteCanary') ? HF_TOKEN : 'hf_SuiteCanaryOfNoSuite'
}

/** Throws when the canary is in anything that a bot sent to a playground, shown to one person or to all, or logged. */
export function checkSaid({ log, state }: Playground, logged: readonly object[] = []): void {
  const messages = [...state.messages.values()].map((of) => [...of.values()])
  const said = { requests: log.requests, messages, logged }
  for (const [where, what] of Object.entries(said)) {
    if (JSON.stringify(what).includes(canary())) throw new Error(`A secret is in the ${where} of a bot.`)
  }
}

/** Files below a path that hold a word, in their bytes or their names. What is gone meanwhile holds nothing. */
export function filesThatHold(word: string, path: string): string[] {
  const inName = path.includes(word) ? [path] : []
  try {
    const about = lstatSync(path)
    if (about.isDirectory()) {
      return [...inName, ...readdirSync(path).flatMap((name) => filesThatHold(word, join(path, name)))]
    }
    // HF_HOME/token is where the official tools keep it, and a test writes it as they do.
    const meant = basename(path) === 'token'
    return about.isFile() && !meant && fileHolds(word, path) ? [path] : inName
  } catch {
    return inName
  }
}

const CHUNK = 4 * 1024 * 1024

function fileHolds(word: string, path: string): boolean {
  const file = openSync(path, 'r')
  try {
    // What a chunk ends with is looked at again with the next one: the word may lie across both.
    const kept = word.length - 1
    const buffer = Buffer.alloc(kept + CHUNK)
    for (;;) {
      const read = readSync(file, buffer, kept, CHUNK, null)
      if (read === 0) return false
      if (buffer.subarray(0, kept + read).includes(word)) return true
      buffer.copyWithin(0, read, read + kept)
    }
  } finally {
    closeSync(file)
  }
}
