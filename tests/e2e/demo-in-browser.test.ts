import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, noBrowser, sit } from '../playground/page/browser.ts'

const FINETUNE = resolve(import.meta.dirname, '../../src/finetune.mjs')

/** The demo as `npm run demo` starts it, in a data folder of its own. */
async function startDemo(data: string): Promise<{ demo: ChildProcess; url: string }> {
  const demo = spawn(process.execPath, [FINETUNE, 'demo', '--port', '0', '--json'], {
    env: { ...process.env, FINETUNE_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await new Promise<string>((settle, fail) => {
    demo.stdout.once('data', (bytes: Buffer) => settle(String(bytes)))
    demo.once('exit', (code) => fail(new Error(`The demo ended with ${String(code)} before it said where it is.`)))
  })
  return { demo, url: (JSON.parse(said) as { url: string }).url }
}

async function typeCommand(page: Page, command: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message #training' }).fill(command)
}

describe.skipIf(noBrowser !== null)('the main job, on the page, with the real engine', () => {
  let data: string
  let demo: ChildProcess
  let url: string
  let browser: Browser

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'finetune-demo-'))
    ;({ demo, url } = await startDemo(data))
    browser = await launch()
  })

  afterAll(async () => {
    await browser.close()
    const gone = new Promise((settle) => demo.once('exit', settle))
    demo.kill('SIGTERM')
    await gone
    await rm(data, { recursive: true, force: true })
  })

  test('start, edit, launch, watch, ask the model', { timeout: 240_000 }, async () => {
    const { page, complaints } = await sit(browser, url)

    // Sixty-four e-mails and one epoch: the same path as the whole job, in seconds.
    await typeCommand(page, '/finetune start ')
    await page.keyboard.press('Enter')
    const draft = page.locator('.message', { hasText: 'Draft #1' })
    await draft.getByRole('button', { name: 'Edit' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('num_train_epochs').fill('1')
    await form.getByLabel('max_length').fill('48')
    await form
      .getByLabel('Everything else')
      .fill('max_train_samples 64, max_eval_samples 40, logging_steps 1, eval_strategy epoch')
    await form.getByRole('button', { name: 'Submit' }).click()
    await draft.getByText('rows up to 64 to train').waitFor()

    await draft.getByRole('button', { name: 'Launch' }).click()
    await page.getByText('#1 encoder on emails', { exact: false }).first().waitFor()
    await page.locator('.message', { hasText: 'started by' }).getByText('#1 encoder on emails').last().click()
    const thread = page.getByRole('region', { name: /Thread: #1/ })
    await thread
      .getByText(/step \d+\/4/)
      .first()
      .waitFor({ timeout: 60_000 })

    const result = thread.locator('.message', { hasText: '#1 encoder on emails finished' })
    await result.waitFor({ timeout: 120_000 })
    await thread.locator('.message', { hasText: 'Validation Loss' }).first().waitFor()

    await result.getByRole('button', { name: 'Try it' }).click()
    await page
      .getByRole('dialog')
      .getByRole('textbox')
      .fill('You have won a free holiday. Click here to claim your prize.')
    await page.getByRole('dialog').getByRole('button', { name: 'Submit' }).click()
    await thread
      .locator('.message', { hasText: 'You have won a free holiday' })
      .getByText(/spam|ham/)
      .first()
      .waitFor({ timeout: 60_000 })

    expect(complaints).toEqual([])
  })
})
