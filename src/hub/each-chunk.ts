import { finished, type Readable } from 'node:stream'

/**
 * Hands over the chunks of a body as they come, until it ends or is cut (the caller knows how many bytes it wants), or
 * `take` says that it has enough. While a promise of `take` is open, nothing more is taken from the line. Throws what
 * `take` throws.
 *
 * `for await` would stop and start the socket for each chunk of 64 KiB: 54 → 67 % of curl's speed without it.
 */
export async function eachChunk(
  body: Readable,
  take: (chunk: Uint8Array) => 'enough' | Promise<void> | undefined,
): Promise<void> {
  const failed: unknown[] = []
  const end = (error: unknown) => {
    failed.push(error)
    body.destroy()
  }
  await new Promise<void>((done) => {
    finished(body, () => {
      done()
    })
    body.on('data', (chunk: Uint8Array) => {
      try {
        const taken = take(chunk)
        if (taken === 'enough') body.destroy()
        else if (taken) {
          body.pause()
          taken.then(() => body.resume(), end)
        }
      } catch (error) {
        end(error)
      }
    })
  })
  if (failed.length > 0) throw failed[0]
}
