import { expect, test } from 'vitest'
import type { Card } from '../../src/cards/layout.ts'
import { textOf } from '../../src/cards/layout.ts'
import { publishCard } from '../../src/cards/publish/card.ts'
import { publishForm } from '../../src/cards/publish/form.ts'
import { confirmRemoveTokenCard, hubTokenForm } from '../../src/cards/hub-token.ts'
import { settingsCard } from '../../src/cards/settings.ts'
import { problemsOfCard, problemsOfForm } from '../../src/cards/validate.ts'
import type { WhoAmI } from '../../src/hub/whoami.ts'
import { type Publish, PublishState } from '../../storage/publishes.ts'
import type { SettingsChange } from '../../storage/settings.ts'
import { runLike } from './runs.ts'

const LONG = 'Wörter, `Zeichen` und @everyone [Link](https://example.org) '.repeat(20)
const AT = '2026-03-01T10:00:00.000Z'
const text = ({ components }: Card) => textOf(components)

const publishLike = (over: Partial<Publish> = {}): Publish => ({
  id: 123_456_789,
  run_id: 42,
  state: 'draft',
  repository: `${'a'.repeat(96)}/${'b'.repeat(96)}`,
  private: true,
  account: 'ann',
  problem: null,
  files: Array.from({ length: 40 }, (_, index) => ({
    path: `deep/${'x'.repeat(60)}/${index}.bin`,
    size: 10 ** (index % 11),
  })),
  approvals_needed: 2,
  requested_by: '100000000000000003',
  outcome: null,
  url: null,
  commit_id: null,
  error: null,
  remedy: null,
  created_at: AT,
  started_at: null,
  ended_at: AT,
  ...over,
})
const shown = (publish: Publish, over: Partial<Parameters<typeof publishCard>[0]> = {}) =>
  publishCard({ run: runLike({ id: 42 }), publish, approvals: [], progress: null, evalResults: false, ...over })

test.each(PublishState.options)('a publication that is %s fits into a message, however long its names are', (state) => {
  const publish = publishLike({ state, problem: LONG, error: LONG, remedy: LONG, url: `https://x/${'y'.repeat(200)}` })
  const card = shown(publish, { approvals: ['100000000000000001', '100000000000000002'] })
  expect(problemsOfCard(card)).toEqual([])
  const plain = text(card).replaceAll(/```[\s\S]*?\n```|`[^`\n]*`/g, '')
  expect(plain).not.toMatch(/@everyone|\[Link\]\(/)
})

test('progress: phases in words, bytes in a bar', () => {
  const of = 43_000_000
  const at = (phase: 'comparing' | 'uploading' | 'committing', done: number) =>
    text(shown(publishLike({ state: 'uploading' }), { progress: { phase, bytes: { done, of } } }))
  expect(at('comparing', 0)).toContain('Compares with what is there')
  expect(at('uploading', 21_500_000)).toContain('Uploads 22 MB of 43 MB (50 %)\n`██████████░░░░░░░░░░`')
  expect(at('committing', of)).toContain('Commits')
})

test('a settings card fits into a message, and says what was changed by whom', () => {
  const who: WhoAmI = {
    name: 'ann',
    orgs: Array.from({ length: 20 }, (_, index) => `organization-${index}`),
    role: 'write',
    writes: [],
    readsGated: true,
    source: 'HF_TOKEN',
  }
  const change = (over: Partial<SettingsChange>): SettingsChange => ({
    setting: 'publish_approvals',
    from_value: '0',
    to_value: '2',
    actor: '100000000000000003',
    at: AT,
    ...over,
  })
  const changes = [
    change({}),
    change({ setting: 'hub_token', from_value: null, to_value: 'ann' }),
    change({ setting: 'publish_role', from_value: null, to_value: '5' }),
    change({ setting: 'publish_private', from_value: 'true', to_value: 'false' }),
    change({ setting: 'hub_token', from_value: 'old', to_value: null }),
  ]
  const card = settingsCard({
    settings: {
      guild_id: 'g',
      hub_token: 'v1.ENCRYPTED',
      hub_account: 'ann',
      publish_role: '100000000000000009',
      publish_approvals: 2,
      publish_private: false,
    },
    hub: { from: 'server', who, missing: LONG, problem: LONG, keyless: LONG },
    changes,
    notice: LONG,
  })
  expect(problemsOfCard(card)).toEqual([])
  expect(JSON.stringify(card)).not.toContain('ENCRYPTED')
  const said = text(card)
  for (const line of [
    'approvals 0 → 2 · <@100000000000000003>',
    'Hub token of `ann` set',
    'publishing: whoever started the run → <@&5>',
    'new repositories private → public',
  ]) {
    expect(said).toContain(line)
  }
})

test('the forms fit into what Discord takes', () => {
  expect(problemsOfForm(hubTokenForm())).toEqual([])
  expect(hubTokenForm()).toMatchObject({
    components: [{ component: { min_length: 8, max_length: 250, required: true } }],
  })
  expect(problemsOfForm(publishForm({ run: { id: 42 }, publish: publishLike() }))).toEqual([])
  expect(problemsOfCard(confirmRemoveTokenCard(LONG))).toEqual([])
})
