// The operator's page in Chromium, over the real server and the sandbox: everything by keyboard alone.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { open, until } from './house.mjs'
import { Keyboard } from './keyboard.mjs'

const SCREENS = resolve(process.env.WX_CHECKOUT_SCREENS ?? '../../../../target/screens')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let house
let browser
let page
let keyboard
let order
const complaints = []

before(async () => {
  mkdirSync(SCREENS, { recursive: true })
  house = await open()
  order = await house.order([{ sku: 'longjing-50g', quantity: 1 }], 6800)
  await house.pay(order)
  const partly = await house.order([{ sku: 'dahongpao-50g', quantity: 1 }], 12800)
  await house.pay(partly)
  await house.api(`orders/${partly.orderId}/refunds`, { outRefundNo: 'goodwill-1', amount: 2000, reason: '包装破损' })
  const closed = await house.order([{ sku: 'jasmine-100g', quantity: 1 }], 4200)
  await house.api(`orders/${closed.orderId}/close`, {})
  await house.order([{ sku: 'puer-cake-357g', quantity: 1 }], 19800)
  await until(async () => (await house.api('overview')).webhooks.dead >= 3, 'letters are dead')
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  await sit({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN' })
})

after(async () => {
  await browser?.close()
  house?.close()
})

/** A new browser, and nobody signed in. */
async function sit(options) {
  await page?.context().close()
  const context = await browser.newContext(options)
  page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // The browser itself says so of every refusal; which are wanted, the tests say.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  keyboard = new Keyboard(page)
  await page.goto(house.page)
}

async function signIn() {
  await keyboard.type('#token', house.token)
  await keyboard.key('Enter')
  await page.locator('nav').waitFor()
  await page.locator('.cards').waitFor()
}

async function screen(name) {
  const fullPage = (await page.locator('dialog[open]').count()) === 0
  await page.screenshot({ path: `${SCREENS}/admin-${name}.png`, fullPage })
}

/** No serious violation, by an engine that knows the rules. */
async function accessible(what) {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  assert.deepEqual(grave.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), [], what)
}

const heading = (text) => page.locator('h1', { hasText: text }).waitFor()

test('a wrong token is refused in words, and the right one lets in', async () => {
  await page.locator('#token').waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
  assert.equal(await keyboard.focused(), 'token')
  await accessible('sign in')
  await screen('sign-in')
  await keyboard.type('#token', 'a guess that is long enough to be a token')
  await keyboard.key('Enter')
  await page.locator('.problem', { hasText: '令牌缺失或不对' }).waitFor()
  await signIn()
  await heading('概览')
  await accessible('overview')
  await screen('overview')
})

test('the token is in no address, no cookie and no lasting storage', async () => {
  assert.ok(!page.url().includes(house.token))
  assert.deepEqual(await page.context().cookies(), [])
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes(house.token))
  await page.reload()
  await heading('概览')
})

test('an order is found by its out_trade_no, with its facts in the order of time', async () => {
  await keyboard.press('nav a[href="#/orders"]')
  await heading('订单')
  await page.locator('tbody tr').nth(3).waitFor()
  assert.equal(await page.locator('tbody tr').count(), 4)
  await accessible('orders')
  await screen('orders')
  await keyboard.type('#find', await house.outTradeNo(order))
  await keyboard.key('Enter')
  await page.locator('caption', { hasText: '找到 1 个订单' }).waitFor()
  await keyboard.press('tbody a')
  await page.locator('h1', { hasText: order.orderId }).waitFor()
  assert.equal(await keyboard.focused(), 'H1', 'a screen reader hears where it is')
  const facts = await page.locator('.facts .what').allTextContents()
  assert.deepEqual(facts.map((fact) => fact.split(' ')[0]).slice(0, 2), ['下单', '交出支付参数'])
  assert.ok(facts.some((fact) => fact.startsWith('支付成功 ¥68.00')), facts.join('\n'))
  const text = await page.locator('main').textContent()
  assert.ok(!text.includes(house.openid), 'the payer is shown whole')
  await accessible('order')
})

test('more than what came is refused in words and no money moves', async () => {
  await keyboard.press('button:has-text("退款")')
  await page.locator('dialog[open]').waitFor()
  assert.equal(await page.locator('#refund-amount').inputValue(), '68.00')
  await keyboard.type('#refund-amount', '68.01')
  await keyboard.key('Enter')
  await page.locator('dialog .problem', { hasText: '只剩 ¥68.00 可退' }).waitFor()
  await accessible('an over-refund')
  await screen('over-refund')
  await keyboard.type('#refund-amount', '68 yuan')
  await keyboard.key('Enter')
  await page.locator('dialog .problem', { hasText: '请输入金额' }).waitFor()
  await keyboard.key('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(() => document.activeElement.textContent), '退款', 'the focus is back where it was')
  assert.deepEqual((await house.api(`orders/${order.orderId}`)).refunds, [])
})

test('a refund is confirmed by typing its amount, and focus is on cancel until then', async () => {
  await keyboard.press('button:has-text("退款")')
  await keyboard.type('#refund-amount', '18.50')
  await keyboard.type('#refund-reason', '缺货')
  await keyboard.key('Enter')
  await page.locator('#refund-typed').waitFor()
  assert.equal(await keyboard.focused(), 'refund-cancel')
  assert.equal(await page.locator('dialog .sum').textContent(), '¥18.50')
  assert.match(await page.locator('dialog').textContent(), /op-[0-9a-f]{24}/)
  await screen('refund')
  await keyboard.type('#refund-typed', '18.00')
  await keyboard.key('Enter')
  assert.ok(await page.locator('dialog button.grave').isDisabled(), 'another amount confirms nothing')
  await accessible('the second confirmation')
  await keyboard.type('#refund-typed', '18.50')
  await keyboard.press('dialog button.grave')
  await page.locator('#notice', { hasText: '已记下' }).waitFor()
  await page.locator('.facts', { hasText: '决定退款 ¥18.50' }).waitFor()
  const { refunds } = await house.api(`orders/${order.orderId}`)
  assert.deepEqual(refunds.map(({ amount, reason, why }) => [amount, reason, why]), [[1850, '缺货', 'operator']])
  await until(async () => (await house.api(`orders/${order.orderId}`)).refunds[0].stage !== 'due', 'WeChat has heard of the refund')
  await keyboard.press('button:has-text("现在询问微信")')
  await page.locator('#notice', { hasText: '微信已答复' }).waitFor()
  await screen('order')
})

test('after a lost answer the same refund is asked for again, whatever was pressed between', async () => {
  const lost = await house.order([{ sku: 'sample-5g', quantity: 3 }], 3)
  await house.pay(lost)
  await page.goto(`${house.page}#/order/${lost.orderId}`)
  await page.locator('h1', { hasText: lost.orderId }).waitFor()
  const ask = async () => {
    await keyboard.press('button:has-text("退款")')
    await keyboard.type('#refund-amount', '0.02')
    await keyboard.key('Enter')
    await page.locator('#refund-typed').waitFor()
    const number = /op-[0-9a-f]{24}/.exec(await page.locator('dialog').textContent())[0]
    await keyboard.type('#refund-typed', '0.02')
    await keyboard.press('dialog button.grave')
    return number
  }
  // It arrives, and its answer does not.
  await page.route('**/refunds', async (route) => {
    await route.fetch()
    await route.abort()
  })
  const first = await ask()
  await page.locator('dialog .problem', { hasText: '不会退两次' }).waitFor()
  await page.unroute('**/refunds')
  await keyboard.key('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  assert.equal(await ask(), first)
  await page.locator('#notice', { hasText: '没有再退' }).waitFor()
  assert.deepEqual((await house.api(`orders/${lost.orderId}`)).refunds.map(({ outRefundNo, amount }) => [outRefundNo, amount]), [[first, 2]])
})

test('a dead letter is replayed, and another one skipped with a reason', async () => {
  await keyboard.press('nav a[href="#/letters"]')
  await heading('死信')
  await page.locator('tbody tr').first().waitFor()
  const skipped = (await house.api('letters')).letters[1].id
  await accessible('dead letters')
  await screen('letters')
  await keyboard.press(`button[aria-label="跳过 ${skipped}"]`)
  await page.locator('dialog[open]').waitFor()
  await keyboard.type('#question-why', '已电话告知')
  await keyboard.press('dialog button.grave')
  await page.locator('#notice', { hasText: '已跳过' }).waitFor()
  house.receiver.mended = true
  const letter = (await house.api('letters')).letters[0].id
  await keyboard.press(`button[aria-label="重发 ${letter}"]`)
  await page.locator('#notice', { hasText: '已排队' }).waitFor()
  // What was behind the skipped one may have died meanwhile: it went out before the receiver was mended.
  const gone = [letter, skipped]
  await until(async () => (await house.api('letters')).letters.every(({ id }) => !gone.includes(id)), 'both are seen to')
  await until(() => house.receiver.got.filter((id) => id === letter).length === 2, 'it came again, under the same name')
})

test('a day is compared with WeChat\'s bill, and a day that cannot be says why', async () => {
  await keyboard.press('nav a[href="#/reports"]')
  await heading('对账')
  await keyboard.to('#day')
  await keyboard.page.keyboard.type('2999')
  await page.locator('#day').evaluate((input) => { input.value = '2999-01-01' })
  await keyboard.press('button:has-text("对账")')
  await page.locator('.problem', { hasText: '次日 10 点' }).waitFor()
  await page.locator('#day').evaluate((input) => { input.value = '' })
  await keyboard.press('button:has-text("对账")')
  await page.locator('#notice', { hasText: '已对账' }).waitFor()
  await keyboard.press('tbody a')
  await page.locator('h1', { hasText: /\d{4}-\d\d-\d\d/ }).waitFor()
  await accessible('a report')
})

test('an order is closed after a question whose default is no', async () => {
  await page.goto(`${house.page}#/orders?state=unresolved`)
  await keyboard.press('tbody a')
  await keyboard.press('button:has-text("关闭订单")')
  await page.locator('dialog[open]').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.textContent), '取消')
  await keyboard.key('Enter')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await keyboard.press('button:has-text("关闭订单")')
  await keyboard.press('dialog button.grave')
  await page.locator('#notice', { hasText: '订单已关闭' }).waitFor()
})

test('the language is switched, said to the browser, and remembered', async () => {
  await keyboard.press('#language')
  await page.locator('nav a', { hasText: 'Overview' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  assert.equal(await keyboard.focused(), 'language')
  await page.reload()
  await page.locator('nav a', { hasText: 'Overview' }).waitFor()
  await keyboard.press('nav a[href="#/frozen"]')
  await heading('Frozen payments')
  await accessible('in English')
  await page.goto(`${house.page}#/order/none`)
  await page.locator('.problem', { hasText: 'There is no such order' }).waitFor()
})

test('the first thing that Tab reaches skips to the content', async () => {
  await page.goto(`${house.page}#/orders`)
  await page.locator('tbody tr').first().waitFor()
  await page.evaluate(() => document.activeElement.blur())
  await keyboard.press('.skip')
  assert.equal(await keyboard.focused(), 'H1')
})

test('on a small screen nothing is cut off, in the dark as well', async () => {
  await sit({ viewport: { width: 360, height: 780 }, colorScheme: 'dark', locale: 'en' })
  await page.locator('#token').waitFor()
  await screen('narrow-sign-in')
  await signIn()
  for (const [name, path] of [['overview', ''], ['orders', 'orders'], ['order', `order/${order.orderId}`], ['letters', 'letters'], ['reports', 'reports'], ['frozen', 'frozen']]) {
    await page.goto(`${house.page}#/${path}`)
    await page.locator('main h1').waitFor()
    await page.locator('main .quiet-text', { hasText: 'Reading' }).waitFor({ state: 'detached' })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= 360, `${name} is ${wide} px wide`)
    await accessible(`${name}, narrow and dark`)
    await screen(`narrow-${name}`)
  }
  await page.goto(`${house.page}#/order/${order.orderId}`)
  await keyboard.press('button:has-text("Refund")')
  await keyboard.key('Enter')
  await page.locator('dialog[open]').waitFor()
  await screen('narrow-refund')
})

test('an address that names no view, or is no text, shows a page all the same', async () => {
  for (const path of ['constructor', 'toString', '__proto__']) {
    await page.goto(`${house.page}#/${path}`)
    await heading('Overview')
  }
  await page.goto(`${house.page}#/order/%E0%A4%A`)
  await page.locator('main .problem', { hasText: 'no such order' }).waitFor()
})

test('signing out forgets the token', async () => {
  await sit({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN' })
  await signIn()
  await keyboard.press('#sign-out')
  await page.locator('#token').waitFor()
  await page.reload()
  await page.locator('#token').waitFor()
})

test('the browser had nothing to complain about', () => {
  assert.deepEqual(complaints, [])
})
