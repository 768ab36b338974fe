import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const found = candidates.find((path) => existsSync(path))

/** Why browser tests are skipped, or null where a browser is. */
export const noBrowser = found === undefined ? `no browser at ${candidates.join(', ')}` : null
if (noBrowser !== null) process.stdout.write(`Page tests in a browser are skipped: ${noBrowser}\n`)

export const sizes = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const

export interface Seat {
  page: Page
  context: BrowserContext
  /** What the browser complained about: uncaught errors, console errors, refused content. */
  complaints: string[]
}

export async function launch(): Promise<Browser> {
  if (found === undefined) throw new Error(`There is ${String(noBrowser)}`)
  return chromium.launch({ executablePath: found, chromiumSandbox: false })
}

/** A browser window of its own on an address, with its complaints kept. */
export async function sit(browser: Browser, url: string, size: keyof typeof sizes = 'desk'): Promise<Seat> {
  const phone = size === 'phone'
  const context = await browser.newContext({ viewport: sizes[size], hasTouch: phone, isMobile: phone })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (said) => {
    if (said.type() === 'error' || said.type() === 'warning') complaints.push(said.text())
  })
  await page.goto(url)
  await page.locator('.app').waitFor()
  return { page, context, complaints }
}
