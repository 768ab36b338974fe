import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startPlayground } from '../../../src/playground/server/playground.ts'

async function status(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [response] = (await once(request(url, { headers }).end(), 'response')) as [
    { statusCode?: number; resume(): void },
  ]
  response.resume()
  return response.statusCode
}

test('only this machine by its own names; no foreign page, over HTTP or a socket', async () => {
  const playground = await startPlayground()
  const { port } = new URL(playground.url)
  const picture = `${playground.url}/avatars/${playground.ids.alice}.svg`
  expect(await status(picture, {})).toBe(200)
  expect(await status(picture, { host: `localhost:${port}` })).toBe(200)
  expect(await status(picture, { host: `evil.example:${port}` })).toBe(403)
  expect(await status(picture, { origin: 'https://evil.example' })).toBe(403)
  for (const path of ['client', 'gateway']) {
    const open = async (options: object) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, options)
      const [first] = (await Promise.race([
        once(socket, 'message').then(() => ['open']),
        once(socket, 'unexpected-response').then(([, response]) => [(response as { statusCode: number }).statusCode]),
      ])) as [unknown]
      socket.on('error', () => undefined)
      socket.terminate()
      return first
    }
    expect(await open({ origin: playground.url })).toBe('open')
    expect(await open({ origin: 'https://evil.example' })).toBe(403)
    expect(await open({ headers: { host: 'evil.example' } })).toBe(403)
  }
  await playground.close()
})

test('it listens on loopback only, and says when the port is taken', async () => {
  await expect(startPlayground({ host: '0.0.0.0' })).rejects.toThrow('this machine only')
  const first = await startPlayground()
  await expect(startPlayground({ port: Number(new URL(first.url).port) })).rejects.toThrow('is in use')
  await first.close()
})

test('the page comes with a policy that lets nothing else in', async () => {
  const playground = await startPlayground()
  const response = await fetch(playground.url)
  expect(response.status).toBe(200)
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect((await fetch(`${playground.url}/page.js`)).headers.get('content-type')).toContain('text/javascript')
  expect((await fetch(`${playground.url}/page.css`)).headers.get('content-type')).toContain('text/css')
  await playground.close()
})

test('an uploaded page is never run on this origin', async () => {
  const playground = await startPlayground()
  const file = { name: 'x.html', type: 'text/html', bytes: new TextEncoder().encode('<script>alert(1)</script>') }
  const { attachments } = playground.as('alice').send('see', playground.ids.training, { file })
  const response = await fetch(attachments[0]?.url ?? '')
  expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
  expect(response.headers.get('content-security-policy')).toContain('sandbox')
  await playground.close()
})
