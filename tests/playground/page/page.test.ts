import { MessageFlags } from 'discord-api-types/v10'
import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launch, noBrowser, type Seat, sit, sizes } from './browser.ts'
import { ids } from './fixture/ids.ts'
import { message } from './fixture/message.ts'
import { type FixtureServer, startFixture } from './fixture/server.ts'
import { busyWorld } from './fixture/story.ts'
import { emptyWorld, users } from './fixture/world.ts'

let browser: Browser
let server: FixtureServer
let seat: Seat

const open = async (world = emptyWorld(), size: keyof typeof sizes = 'desk') => {
  server = await startFixture(world)
  seat = await sit(browser, server.url, size)
  return seat.page
}
/** Text of a message; what a screen reader is told has the same words. */
const said = (text: string) => seat.page.locator('.message').getByText(text)
/** Whether the end of it is above the composer. */
const inSight = async (row: Locator) => {
  const box = await row.boundingBox()
  const composer = await seat.page.locator('.composer').first().boundingBox()
  return box !== null && composer !== null && box.y + box.height <= composer.y
}
const lastAsk = (verb: string) => server.asked.findLast((ask) => ask.do === verb)

describe.skipIf(noBrowser !== null)('the page in a browser', () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())
  let expectedComplaints: RegExp
  beforeEach(() => {
    expectedComplaints = /^$/
  })
  afterEach(async () => {
    const complaints = seat.complaints.filter((one) => !expectedComplaints.test(one))
    await seat.context.close()
    await server.close()
    expect(complaints).toEqual([])
  })

  it('takes a newcomer from an empty channel to a command, with the keyboard alone', async () => {
    const page = await open()
    await page.getByRole('button', { name: /^\/finetune start/ }).waitFor()

    await page.getByRole('textbox', { name: 'Message #training' }).focus()
    await page.keyboard.type('/start')
    await page.getByRole('option', { name: /\/finetune start/, selected: true }).waitFor()
    await page.keyboard.press('Enter')

    await page.getByRole('option', { name: 'distilbert-base-uncased' }).waitFor()
    await page.keyboard.type('bert-base')
    await page.getByRole('option', { name: 'bert-base-uncased', exact: true }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('option', { name: 'stanfordnlp/imdb' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type('epo')
    await page.keyboard.press('Enter')
    await page.getByText('Passes over the data (a whole number from 1 to 10)').waitFor()
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')

    await page.getByText('Draft · distilbert-base-uncased').waitFor()
    await page.locator('.above-line', { hasText: 'Alice used /finetune start' }).waitFor()
    expect(lastAsk('command')).toMatchObject({
      channel: ids.training,
      command: 'finetune start',
      options: { model: 'id:bert-base-uncased', dataset: 'id:stanfordnlp/imdb', epochs: 2 },
    })
  })

  it('says which required option is missing, and leaves the command on Esc', async () => {
    const page = await open()
    await page.getByRole('textbox', { name: 'Message #training' }).fill('/finetune explain ')
    await page.getByRole('combobox', { name: 'text' }).press('Enter')
    await page.getByText('This option is required. Specify a value.').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('textbox', { name: 'Message #training' }).inputValue()).toBe('/finetune explain')
    expect(lastAsk('command')).toBeUndefined()
  })

  it('shows a command that is not answered as failed, to its sender, until it is dismissed', async () => {
    const page = await open()
    await page.getByRole('textbox', { name: 'Message #training' }).fill('/finetune silent ')
    await page.getByRole('combobox').or(page.getByLabel('End of the command')).first().press('Enter')
    await page.getByText('Sending command…').waitFor()
    await page.getByText('The application did not respond').waitFor()
    await page.getByRole('button', { name: 'Dismiss message' }).click()
    await page.getByText('The application did not respond').waitFor({ state: 'detached' })
  })

  it('sends a message, mentions by name, and deletes it from its menu', async () => {
    const page = await open()
    const box = page.getByRole('textbox', { name: 'Message #training' })
    await box.fill('Look at this, @Bob')
    await box.press('Enter')
    await page.locator('.mention', { hasText: '@Bob' }).waitFor()
    expect(lastAsk('send')).toMatchObject({ content: `Look at this, <@${ids.bob}>` })

    await page.locator('.message').last().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Delete message' }).click()
    await page.locator('.mention', { hasText: '@Bob' }).waitFor({ state: 'detached' })
  })

  it('sends files with a message, and can take one out again', async () => {
    const page = await open()
    const log = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) })
    await page
      .getByLabel('Files to attach')
      .first()
      .setInputFiles([log('a.log'), log('b.log')])
    await page.getByRole('button', { name: 'Remove a.log' }).click()
    await page.getByRole('button', { name: 'Send message' }).click()
    await expect.poll(() => lastAsk('send')).toMatchObject({ content: '', files: [{ name: 'b.log' }] })
  })

  it('shows a press as waiting, and a failed one under its message', async () => {
    const page = await open(busyWorld(Date.now()))
    const launchButton = page.getByRole('button', { name: 'Launch', exact: false }).last()
    await launchButton.click()
    await page.locator('.button[aria-busy=true]').waitFor()
    await page.getByRole('button', { name: 'Discard' }).click({ force: true })
    await said('Pressed launch').waitFor()
    expect(server.asked.filter((ask) => ask.do === 'press')).toHaveLength(1)

    await page.getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('alert').getByText('This interaction failed').waitFor()
  })

  it('fills in and sends a modal, says what is wrong with it, and keeps it when it is refused', async () => {
    const page = await open(busyWorld(Date.now()))
    await page.getByRole('button', { name: 'Edit' }).click()
    const modal = page.getByRole('dialog', { name: 'Edit the draft' })
    const rate = modal.getByRole('textbox', { name: 'learning_rate' })
    await rate.fill('5')
    await modal.getByRole('button', { name: 'Submit' }).click()
    await modal.getByText('Must be 3 or more in length.').waitFor()
    await modal.getByText('Pick one.').waitFor()
    expect(lastAsk('submit')).toBeUndefined()

    await rate.fill('5e+00')
    await modal.getByRole('radio', { name: /bf16/ }).check()
    await modal.getByRole('combobox', { name: 'Scheduler' }).press('Enter')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await modal.getByRole('button', { name: 'Submit' }).click()
    await modal.getByText('The application did not respond').waitFor()

    await rate.fill('3e-05')
    await rate.press('Enter')
    await modal.waitFor({ state: 'detached' })
    expect(lastAsk('submit')).toMatchObject({
      values: { learning_rate: ['3e-05'], args: [''], lr_scheduler_type: ['cosine'], precision: ['bf16'] },
    })
  })

  it('keeps the focus inside a modal and closes it on Esc', async () => {
    const page = await open(busyWorld(Date.now()))
    await page.getByRole('button', { name: 'Edit' }).click()
    const modal = page.getByRole('dialog', { name: 'Edit the draft' })
    for (let press = 0; press < 14; press += 1) await page.keyboard.press('Tab')
    expect(await modal.locator(':focus').or(page.locator('body:focus')).count()).toBeLessThanOrEqual(1)
    expect(await page.locator('.app :focus').count()).toBe(0)
    await page.keyboard.press('Escape')
    await modal.waitFor({ state: 'detached' })
    await expect.poll(() => lastAsk('close modal')).toBeDefined()
  })

  it('uploads a file in a modal', async () => {
    const page = await open(busyWorld(Date.now()))
    await page.getByRole('button', { name: 'Try it' }).click()
    const modal = page.getByRole('dialog', { name: 'Try the model' })
    await modal.locator('input[type=file]').setInputFiles({
      name: 'lines.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('hello'),
    })
    await modal.getByText('lines.txt').waitFor()
    await modal.getByRole('button', { name: 'Submit' }).click()
    await modal.waitFor({ state: 'detached' })
    expect(lastAsk('submit')).toMatchObject({
      values: { show: ['probabilities'], keep: ['true'] },
      files: { file: [{ name: 'lines.txt', url: 'data:text/plain;base64,aGVsbG8=' }] },
    })
  })

  it('chooses one and several in selects', async () => {
    const page = await open(busyWorld(Date.now()))
    await page.getByRole('combobox', { name: 'Compare with…' }).click()
    await page.getByRole('option', { name: /#40 bert/ }).click()
    await said('Selected 40').waitFor()

    await page.getByRole('combobox', { name: 'Tags' }).click()
    await page.getByRole('option', { name: 'final' }).click()
    await page.keyboard.press('Escape')
    await said('Selected long, final').waitFor()
  })

  it('runs a message command from the menu of a message', async () => {
    const page = await open(busyWorld(Date.now()))
    const one = page.locator('.message', { hasText: 'Which one?' })
    await one.hover()
    await one.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Explain this error' }).click()
    await said('Answer to Explain this error').waitFor()
  })

  it('opens a thread beside the channel and goes back with the browser', async () => {
    const page = await open(busyWorld(Date.now()))
    await page.locator('.thread-line').click()
    await page.getByRole('region', { name: 'Thread: #42 distilbert on imdb' }).waitFor()
    await page.getByText('Running · step 150/250').waitFor()
    await page.goBack()
    await page.getByRole('region', { name: 'Thread: #42 distilbert on imdb' }).waitFor({ state: 'detached' })
  })

  it('tells of a ping elsewhere, counts it, and takes one there', async () => {
    const page = await open(busyWorld(Date.now()))
    const ping = message(ids.reviews, users.bot, Date.now(), {
      content: `<@${ids.alice}> #42 finished`,
      mentions: [{ ...users.alice }],
    })
    server.say({ say: 'message', message: ping })
    await page.getByRole('button', { name: 'reviews, 1 mentions' }).waitFor()
    await expect.poll(() => page.title()).toBe('(1) #training · Playground')
    await page.getByText('finetune mentioned you in reviews').click()
    await page.locator('.message-pings', { hasText: '@Alice #42 finished' }).waitFor()
    await page.locator('.divider-new').waitFor()
    await expect.poll(() => page.title()).toBe('#reviews · Playground')
  })

  it('becomes another person and is still that person after a reload', async () => {
    const page = await open()
    await page.getByRole('button', { name: /You are Alice/ }).click()
    await page.getByRole('menuitemradio', { name: /Bob/ }).click()
    await page.getByRole('button', { name: /You are Bob, reviewer/ }).waitFor()
    server.state.me = ids.alice
    await page.reload()
    await page.getByRole('button', { name: /You are Bob, reviewer/ }).waitFor()
  })

  it('comes back by itself when the server was away', async () => {
    expectedComplaints = /WebSocket connection/
    const page = await open()
    server.refuse(true)
    server.drop()
    await page.getByRole('alert').getByText('Reconnecting').waitFor()
    server.state.messages[ids.training] = [message(ids.training, users.bot, Date.now(), { content: 'Meanwhile' })]
    server.refuse(false)
    await said('Meanwhile').waitFor()
    expect(await page.getByText('Reconnecting').count()).toBe(0)
  })

  it('stays at the newest message unless someone scrolled up', async () => {
    const page = await open(busyWorld(Date.now()))
    const post = (content: string) =>
      server.say({ say: 'message', message: message(ids.training, users.bot, Date.now(), { content }) })
    await page.getByText('finetune is thinking…').waitFor()
    post('come at the bottom')
    await expect.poll(() => said('come at the bottom').isVisible()).toBe(true)
    const scroll = page.getByRole('region', { name: 'Messages' })
    await scroll.hover()
    await page.mouse.wheel(0, -1500)
    await page.getByRole('button', { name: 'Jump to present' }).waitFor()
    const before = await scroll.evaluate('(element) => element.scrollTop')
    post('come while away')
    await said('come while away').waitFor()
    expect(await scroll.evaluate('(element) => element.scrollTop')).toBe(before)
    await page.getByRole('button', { name: 'Jump to present' }).click()
    await page.getByRole('button', { name: 'Jump to present' }).waitFor({ state: 'detached' })
  })

  it('shows an answer for this person alone though they have scrolled up', async () => {
    const page = await open(busyWorld(Date.now()))
    await page.getByRole('region', { name: 'Messages' }).hover()
    await page.mouse.wheel(0, -1500)
    await page.getByRole('button', { name: 'Jump to present' }).waitFor()
    const flags = MessageFlags.Ephemeral
    const answer = message(ids.training, users.bot, Date.now(), { content: 'for your eyes', flags })
    server.say({ say: 'message', message: answer })
    await expect.poll(() => inSight(page.locator('.message').last())).toBe(true)
    await page.getByRole('button', { name: 'Jump to present' }).waitFor({ state: 'detached' })
  })

  it('covers spoilers until they are asked for', async () => {
    const page = await open(busyWorld(Date.now()))
    const row = page.getByText('your account')
    expect(await page.locator('.cover-hidden', { has: row }).count()).toBe(1)
    await page.getByRole('button', { name: 'Spoiler', exact: true }).last().click()
    expect(await page.locator('.cover-hidden', { has: row }).count()).toBe(0)
    await page.getByRole('button', { name: 'Spoiler. Press to show it' }).press('Enter')
    await page.locator('.spoiler-shown').waitFor()
  })

  it('fits a phone: nothing is wider than the screen, the list is a drawer, the thread has a way back', async () => {
    const page = await open(busyWorld(Date.now()), 'phone')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(sizes.phone.width)
    await page.getByRole('button', { name: 'Channels' }).click()
    await page.getByRole('button', { name: '#42 distilbert on imdb', exact: true }).click()
    const pane = page.getByRole('region', { name: 'Thread: #42 distilbert on imdb' })
    await pane.waitFor()
    expect((await pane.boundingBox())?.width).toBe(sizes.phone.width)
    await page.getByRole('button', { name: 'Back to the channel' }).click()
    await pane.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Edit' }).click()
    const modal = page.getByRole('dialog', { name: 'Edit the draft' })
    expect((await modal.boundingBox())?.width).toBe(sizes.phone.width)
  })

  it('has buttons that a thumb can hit', async () => {
    const page = await open(busyWorld(Date.now()), 'phone')
    const small =
      await page.evaluate(`[...document.querySelectorAll('.button, .icon-button, .select-box, .channel-row')]
      .map((one) => ({ name: one.getAttribute('aria-label') ?? one.textContent, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < 36 || box.width < 40))
      .map(({ name }) => name)`)
    expect(small).toEqual([])
  })
})
