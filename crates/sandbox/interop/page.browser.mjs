// The page for whoever integrates, in a real browser.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { number, openHouse } from './house.mjs'

const { Formatter, Rsa, Wechatpay } = createRequire(import.meta.url)('wechatpay-axios-plugin')

let house, browser
before(async () => {
  house = await openHouse()
  browser = await chromium.launch({ executablePath: process.env.WX_CHECKOUT_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
})
after(async () => {
  await browser.close()
  await house.close()
})

/** The page in one language; every error of its own fails the test. */
async function open(lang) {
  const context = await browser.newContext({ locale: lang === 'zh' ? 'zh-CN' : 'en-GB' })
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(error))
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()) })
  await page.goto(`${house.base}/_sandbox/`)
  return { page, errors, close: () => context.close() }
}

async function prepay(out_trade_no) {
  const { identity } = house
  const wxpay = new Wechatpay({
    mchid: identity.mchid, serial: identity.merchantSerial, privateKey: house.read('merchant_key.pem'), baseURL: `${house.base}/`,
    certs: { [identity.publicKeyId]: house.read('wechatpay_public_key.pem') },
  })
  const { data } = await wxpay.v3.pay.transactions.jsapi.post({
    appid: identity.appid, mchid: identity.mchid, description: '西湖龙井 50g', out_trade_no,
    notify_url: 'https://pay.example.com/notify', amount: { total: 6800 }, payer: { openid: identity.users[0].openid },
  })
  return data.prepay_id
}

/** What the payer's phone gets; `signed` is what goes into the string in package's place. */
async function pay(prepay_id, signed = `prepay_id=${prepay_id}`) {
  const { identity } = house
  const params = { timeStamp: `${Formatter.timestamp()}`, nonceStr: Formatter.nonce(), package: `prepay_id=${prepay_id}`, signType: 'RSA' }
  params.paySign = Rsa.sign(Formatter.joinedByLineFeed(identity.appid, params.timeStamp, params.nonceStr, signed), house.read('merchant_key.pem'))
  return house.control('pay', { ...params, openid: identity.users[0].openid })
}

for (const [lang, words] of [
  ['en', { title: 'WeChat Pay sandbox', state: 'SUCCESS', acknowledged: 'acknowledged with 204', figures: ['should have been signed', 'was signed'], mistake: 'the prefix prepay_id= was left out' }],
  ['zh', { title: '微信支付沙箱', state: '已支付 SUCCESS', acknowledged: '通知已确认（204）', figures: ['应签名的串', '实际签名的串'], mistake: '待签名串里漏了 prepay_id= 前缀' }],
]) {
  test(`${lang}: orders, requests and notifications appear as they come, and a failed check is explained with both strings`, async () => {
    const { page, errors, close } = await open(lang)
    assert.equal(await page.locator('h1').textContent(), words.title)
    assert.equal(await page.locator('html').getAttribute('lang'), lang === 'zh' ? 'zh-CN' : 'en')
    const out_trade_no = number()
    const prepay_id = await prepay(out_trade_no)
    const row = page.locator('#orders tr', { hasText: out_trade_no })
    await row.getByText('¥68.00').waitFor()

    assert.deepEqual(await pay(prepay_id, prepay_id), { errMsg: 'requestPayment:fail 支付验证签名失败' })
    const refused = page.locator('#feed li', { hasText: words.mistake }).first()
    await refused.waitFor()
    assert.deepEqual(await refused.locator('figcaption').allTextContents(), words.figures)
    const [expected, signed] = await refused.locator('pre').allTextContents()
    assert.match(expected, /prepay_id=wx/)
    assert.equal(signed, expected.replace('prepay_id=', ''))
    assert.match(expected, /⏎/, 'line feeds are shown')

    assert.deepEqual(await pay(prepay_id), { errMsg: 'requestPayment:ok' })
    await house.notified()
    await row.getByText(words.state, { exact: true }).waitFor()
    await page.locator('#feed li', { hasText: out_trade_no }).filter({ hasText: words.acknowledged }).waitFor()
    assert.deepEqual(errors, [])
    await close()
  })
}

test('the language is a choice that stays', async () => {
  const { page, close } = await open('en')
  await page.locator('#language').click()
  assert.equal(await page.locator('h1').textContent(), '微信支付沙箱')
  await page.reload()
  assert.equal(await page.locator('h1').textContent(), '微信支付沙箱')
  await close()
})

test('a fault of the page is not told as one of the connection', async () => {
  const { page, close } = await open('en')
  await page.locator('#clock').filter({ hasText: ':' }).waitFor()
  await page.route('**/_sandbox/orders', (route) => route.fulfill({ json: { nowMs: 0, frozen: true, orders: [{ refunds: null }], notificationsOwed: [] } }))
  await house.control('login')
  await page.locator('#broken').filter({ hasText: 'failed to draw' }).waitFor()
  assert.equal(await page.locator('#lost').isVisible(), false)
  await page.unroute('**/_sandbox/orders')
  await house.control('login')
  await page.locator('#broken').waitFor({ state: 'hidden' })

  await page.route('**/_sandbox/events**', (route) => route.abort())
  await house.control('login')
  await page.locator('#lost').waitFor()
  assert.equal(await page.locator('#broken').isVisible(), false)
  await page.unroute('**/_sandbox/events**')
  await page.locator('#lost').waitFor({ state: 'hidden' })
  await close()
})

test('a page of another origin cannot move the clock, and the sandbox\'s own can', async () => {
  const stranger = http.createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>elsewhere'))
  stranger.listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const context = await browser.newContext()
  const page = await context.newPage()
  const before = await house.control('clock')
  const move = (base) => fetch(`${base}/_sandbox/clock`, { method: 'POST', mode: 'no-cors', body: '{"advanceMs":3600000}' }).then(() => true, () => false)
  for (const host of ['127.0.0.1', 'localhost']) {
    await page.goto(`http://${host}:${stranger.address().port}/`)
    await page.evaluate(move, house.base)
    assert.ok((await house.control('clock')).nowMs < before.nowMs + 1_800_000, host)
  }
  await page.goto(`${house.base}/_sandbox/`)
  await page.evaluate(move, house.base)
  assert.ok((await house.control('clock')).nowMs > before.nowMs + 1_800_000)
  await house.control('clock', { reset: true })
  await context.close()
  stranger.close()
  stranger.closeAllConnections()
})

test('a narrow screen has nothing to scroll sideways', async () => {
  const { page, close } = await open('zh')
  await page.setViewportSize({ width: 360, height: 740 })
  await page.locator('#feed li').first().waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
  if (process.env.WX_CHECKOUT_SCREENSHOTS) {
    await page.screenshot({ path: `${process.env.WX_CHECKOUT_SCREENSHOTS}/narrow.png` })
    await page.setViewportSize({ width: 1200, height: 1000 })
    await page.screenshot({ path: `${process.env.WX_CHECKOUT_SCREENSHOTS}/wide.png` })
  }
  await close()
})
