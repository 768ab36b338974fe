import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Does some work under flock(2) of a file, the lock that Python's huggingface_hub takes for a download. Node has no
 * flock, so flock(1) holds it for as long as its standard input is open: whatever ends this process, ends the lock.
 * Where there is no flock(1), the work is done without: correctness does not hang on it, it only saves a second download.
 */
export async function withFileLock<Result>({
  path,
  signal,
  work,
}: {
  path: string
  signal?: AbortSignal | undefined
  work: () => Promise<Result>
}): Promise<Result> {
  await mkdir(dirname(path), { recursive: true })
  const release = await takeLock(path, signal)
  try {
    return await work()
  } finally {
    await release()
  }
}

async function takeLock(path: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  signal?.throwIfAborted()
  // Nothing of our environment goes with it: it holds the Hub's token.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
  })
  const gone = new Promise<void>((done) => {
    holder.once('close', () => done())
    holder.once('error', () => done())
  })
  holder.stdin.on('error', () => undefined)
  const release = () => {
    holder.stdin.end()
    return gone
  }
  const abort = () => {
    holder.stdin.end()
    holder.kill()
  }
  signal?.addEventListener('abort', abort, { once: true })
  await Promise.race([new Promise<void>((held) => holder.stdout.once('data', () => held())), gone])
  signal?.removeEventListener('abort', abort)
  if (signal?.aborted) {
    await release()
    signal.throwIfAborted()
  }
  return release
}
