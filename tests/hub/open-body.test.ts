import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBody } from '../../src/hub/open-body.ts'

/** Leads on as often as its path says (`/3` to `/2`), for ever (`/loop`), or to what is no web address (`/file`). */
let server: Server
let hubUrl: string
let asked = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    asked++
    const left = Number(request.url?.slice(1))
    if (left === 0) {
      response.end('there')
      return
    }
    const to = { '/loop': '/loop', '/file': 'file:///etc/hostname' }[request.url ?? ''] ?? `/${left - 1}`
    response.writeHead(302, { location: to }).end('moved')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const open = async (url: string) => {
  const { body } = await openBody({ hubUrl, url, headers: {}, subject: { type: 'model', name: 'a/b' } })
  return await text(body)
}

test('redirects are followed, five of them', async () => {
  expect(await open('/5')).toBe('there')
  asked = 0
  await expect(open('/loop')).rejects.toMatchObject({
    failure: { is: 'not-understood', what: 'more than 5 redirects' },
  })
  expect(asked).toBe(1 + 5)
})

test('a redirect to what is no web address is a refusal, and is not followed', async () => {
  await expect(open('/file')).rejects.toMatchObject({ failure: { is: 'refused', status: 302 } })
})
