import { expect, test } from 'vitest'
import { startPlayground } from '../../../src/playground/server/playground.ts'

test('server, channels and people are the same ones after a restart, and so is the token', async () => {
  const first = await startPlayground({ now: () => Date.UTC(2026, 0, 1) })
  const { ids, token } = first
  await first.close()
  const second = await startPlayground()
  expect({ ids: second.ids, token: second.token }).toEqual({ ids, token })
  await second.close()
})
