// @ts-check
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { startHouse } from '../../demo/house.js'
import { freePort } from '../../demo/ports.js'
import { Processes } from '../../demo/processes.js'
import { servePage } from '../../hosts/browser/server.js'
import { fastClock } from './fast-clock.js'
import { noWeChat } from '../../hosts/wechat.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
export const SHOP = process.env.WX_CHECKOUT_SHOP ?? join(ROOT, 'miniprogram-demo')
const BINARIES = process.env.WX_CHECKOUT_BIN_DIR ?? join(ROOT, 'target/debug')
const SCREENS = join(ROOT, 'target/screens')
mkdirSync(SCREENS, { recursive: true })

const require = createRequire(join(SHOP, 'app.js'))
/** What the shop says, so that its words are written in one place. */
export const ZH = require('./texts/zh.js')
export const EN = require('./texts/en.js')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A desk, and a phone's narrow screen that is touched. */
export const SCREEN = {
  desktop: { viewport: { width: 1280, height: 860 } },
  360: { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
}
/** @typedef {keyof typeof SCREEN} Size */

const browser = await chromium.launch({ executablePath: process.env.WX_CHECKOUT_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
/** @type {(() => unknown)[]} */
const closing = [() => browser.close()]
after(async () => {
  for (const close of closing.reverse()) await close()
})

/** Sandbox and server, for all tests of a file. */
export async function openHouse() {
  const processes = new Processes()
  const directory = mkdtempSync(join(tmpdir(), 'wx-phone-browser-'))
  closing.push(async () => {
    await processes.stopAll()
    rmSync(directory, { recursive: true, force: true })
  })
  return startHouse(processes, { binDir: BINARIES, directory, serverPort: await freePort(0), sandboxPort: 0 })
}

/**
 * The page with a mini program, as ./build.sh demo serves it.
 * @param {string} shop
 * @param {{id: string, wechat: import('../../hosts/wechat.js').WeChatSide, route: string[]}} [house]
 */
export async function openPage(shop, house = { id: 'none', wechat: noWeChat, route: [] }) {
  const { address, close } = await servePage({ port: await freePort(0), shop, house })
  closing.push(close)
  return address
}

/**
 * A person in front of the page.
 * @param {import('node:test').TestContext} t
 * @param {string} address
 * @param {Size} size
 * @param {{dark?: boolean, clock?: boolean, locale?: string, settle?: boolean}} [options]
 */
export async function sitDown(t, address, size, { dark = false, clock = false, locale = 'zh-CN' } = {}) {
  const context = await browser.newContext({ ...SCREEN[size], locale, colorScheme: dark ? 'dark' : 'light', acceptDownloads: true, reducedMotion: 'reduce' })
  context.setDefaultTimeout(15_000)
  if (clock) await context.addInitScript(fastClock)
  const page = await context.newPage()
  const person = new Person(page, size, dark)
  t.after(async () => {
    await context.close()
    assert.deepEqual(person.faults, [], 'an error was left on the console')
  })
  await page.goto(address)
  return person
}

export class Person {
  taps = 0
  /** What the console and the page complained of. @type {string[]} */
  faults = []
  #touches

  /** @param {import('playwright-core').Page} page @param {Size} size @param {boolean} dark */
  constructor(page, size, dark) {
    this.page = page
    this.size = size
    this.dark = dark
    this.#touches = size === '360'
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.faults.push(message.text())
    })
    page.on('pageerror', (error) => this.faults.push(String(error.stack)))
  }

  /** The page of the mini program that is on the screen. */
  get shop() {
    return this.page.frameLocator('#screen iframe').locator('.phone-page:not([hidden])')
  }

  get sheet() {
    return this.page.locator('#sheet')
  }

  /** A button of the mini program. @param {string | RegExp} name */
  button(name) {
    return this.shop.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) }).first()
  }

  /** @param {string | RegExp} name of a button in the mini program */
  async tap(name) {
    await this.tapOn(this.button(name))
  }

  /** @param {string} choice in the payment sheet */
  async choose(choice) {
    await this.tapOn(this.sheet.locator(`[data-choice="${choice}"]`))
  }

  /** @param {string} id of a button around the phone */
  async press(id) {
    const button = this.page.locator(`#${id}`)
    if (this.#touches) await button.tap()
    else await button.click()
  }

  /** @param {import('playwright-core').Locator} target */
  async tapOn(target) {
    this.taps += 1
    if (this.#touches) await target.tap()
    else await target.click()
  }

  /** Waits until it can be read in the mini program. @param {string | RegExp} text @param {number} [timeout] */
  async reads(text, timeout) {
    await this.shop.getByText(text).first().waitFor({ state: 'visible', timeout })
  }

  /** Waits until the page around the phone says so. @param {string} text */
  async sees(text) {
    await this.page.locator('body').getByText(text).filter({ visible: true }).first().waitFor()
  }

  async sheetOpens() {
    try {
      await this.sheet.waitFor({ state: 'visible' })
    } catch {
      throw new Error(`the sheet did not open; the shop says: ${(await this.shop.innerText()).replace(/\s+/g, ' ')}\n${(await this.timeline()).join('\n')}`)
    }
  }

  /** @param {string} article its name; the first one otherwise @param {string} way */
  async buys(article, way = ZH.index.buyNow) {
    const row = this.shop.locator('.article', { hasText: article })
    await this.tapOn(row.getByRole('button', { name: way, exact: true }))
  }

  /** @param {number} seconds */
  async timePasses(seconds) {
    await this.page.evaluate((ms) => /** @type {any} */ (window).fastClock.forward(ms), seconds * 1000)
  }

  async timePassesUntilTheSheetOpens() {
    for (let step = 0; step < 40 && !(await this.sheet.isVisible()); step += 1) {
      await this.timePasses(2)
      // The answers of a real server come in real time.
      await this.sheet.waitFor({ state: 'visible', timeout: 200 }).catch(() => {})
    }
    await this.sheetOpens()
  }

  /** Lets time pass until something can be read. @param {string | RegExp} text @param {number} seconds at a time */
  async waitsFor(text, seconds) {
    const target = this.shop.getByText(text).first()
    for (let rounds = 0; rounds < 60; rounds += 1) {
      if (await target.isVisible()) return
      await this.timePasses(seconds)
      // The answers of a real server come in real time.
      await target.waitFor({ state: 'visible', timeout: 120 }).catch(() => {})
    }
    throw new Error(`"${text}" never came; the shop says: ${(await this.shop.innerText()).replace(/\s+/g, ' ')}`)
  }

  /** @param {string} name */
  async photograph(name) {
    const file = join(SCREENS, `${name}-${this.size}${this.dark ? '-dark' : ''}.png`)
    await this.page.screenshot({ path: file, animations: 'disabled' })
    return file
  }

  /** A small picture, as docs/screens keeps two of them. @param {string} name */
  async photographSmall(name) {
    const session = await this.page.context().newCDPSession(this.page)
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 75 })
    writeFileSync(join(SCREENS, `${name}.webp`), Buffer.from(data, 'base64'))
  }

  /** The texts of all that fit, in the mini program. @param {string} selector */
  async texts(selector) {
    const found = await this.shop.locator(selector).all()
    return Promise.all(found.map((one) => one.innerText()))
  }

  /** The lines of the timeline that can be read, as `kind text`. */
  async timeline() {
    return this.page.locator('#timeline li:not([hidden])').evaluateAll((rows) => rows.map((row) => `${row.getAttribute('data-kind')} ${row.querySelector('.text')?.textContent}`))
  }

  /** What axe finds serious or worse, in the page and in the mini program. */
  async axe() {
    const found = await this.page.evaluate(`${AXE}; axe.run(document, { iframes: false })`)
    const inside = await this.page.locator('#screen iframe').count() > 0 ? await this.#axeInside() : { violations: [] }
    return [...found.violations, ...inside.violations]
      .filter((/** @type {any} */ { impact }) => impact === 'serious' || impact === 'critical')
      .map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ node) => `${node.html.slice(0, 160)} (${node.failureSummary?.split('\n')[1]?.trim()})`).join(' | ')}`)
  }

  /** In a world of its own: the mini program's realm has no eval. */
  async #axeInside() {
    const session = await this.page.context().newCDPSession(this.page)
    const { frameTree } = await session.send('Page.getFrameTree')
    const frameId = frameTree.childFrames?.[0].frame.id ?? ''
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId, worldName: 'axe' })
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { contextId: executionContextId, expression: `${AXE}; axe.run(document)`, awaitPromise: true, returnByValue: true })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return /** @type {any} */ (result.value)
  }
}
