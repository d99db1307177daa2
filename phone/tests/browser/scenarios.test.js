// @ts-check
// Each way a purchase can go, by what a person reads on the screen: at a desk and on a narrow screen that
// is touched. Every test buys other goods, since an order of the same goods would be in the way.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { WeChat } from '../../hosts/wechat.js'
import { SHOP, ZH, openHouse, openPage, sitDown } from './support.js'

const { status: S, index: I, checkout: C, result: R } = ZH
const PAY = new RegExp(`^${C.pay} ¥[\\d.]+$`)
const house = await openHouse()
/** Whose phone it is: one payer's open order is not in the other's way. */
const payers = { desktop: payer(0), 360: payer(1) }
const addresses = { desktop: await openPage(SHOP, payers.desktop), 360: await openPage(SHOP, payers[360]) }
/** @param {string} path @param {object} [body] */
const sandbox = (path, body, method = 'POST') => fetch(`${house.sandbox}/_sandbox/${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) })

/** Buys and comes as far as the open sheet. @param {import('./support.js').Person} person @param {string} article */
async function toTheSheet(person, article) {
  await person.buys(article)
  await person.tap(PAY)
  await person.sheetOpens()
}

/** @param {number} index */
function payer(index) {
  const { users } = JSON.parse(readFileSync(join(house.directory, 'sandbox.json'), 'utf8'))
  return { ...house, id: `${house.id}-${index}`, wechat: new WeChat(house.sandbox, users[index].openid) }
}

/** @param {import('./support.js').Person} person */
async function paid(person) {
  await person.reads(R.paid)
  await person.reads(R.thanks)
}

for (const size of /** @type {const} */ (['desktop', '360'])) {
  const mine = payers[size]
  const address = addresses[size]

  test(`${size}: paid, with at most four taps`, async (t) => {
    const person = await sitDown(t, address, size)
    await person.reads(I.slogan)
    await person.photograph('shop')
    await person.buys('西湖龙井', I.add)
    await person.tap(I.toCheckout)
    await person.tap(PAY)
    await person.sheetOpens()
    await person.reads(S.phase.paying)
    assert.match(await person.sheet.innerText(), /¥68\.00/)
    assert.match(await person.sheet.innerText(), /清和茶铺/)
    assert.match(await person.sheet.innerText(), /西湖龙井 50g/)
    assert.match(await person.sheet.innerText(), /模拟/)
    await person.photograph('paying')
    if (size === 'desktop') await person.photographSmall('paying')
    await person.choose('pay')
    await paid(person)
    assert.ok(person.taps <= 4, `${person.taps} taps`)
    await person.photograph('paid')
  })

  test(`${size}: closed without paying, and paid with the same order`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await toTheSheet(person, '洞庭碧螺春')
    await person.choose('close')
    await person.waitsFor(S.phase.unpaid, 2)
    const number = /[0-9a-z]{20,}/.exec(await person.shop.innerText())?.[0]
    await person.photograph('unpaid')
    await person.tap(S.action.payAgain)
    await person.sheetOpens()
    await person.choose('pay')
    await paid(person)
    await person.reads(/** @type {string} */ (number))
  })

  test(`${size}: not confirmed yet, and paid at a later look`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await sandbox('faults', { fault: 'not_paid_yet' })
    await sandbox('faults', { fault: 'notification_lost', times: 1 })
    t.after(() => sandbox('faults', undefined, 'DELETE'))
    await sandbox('faults', { fault: 'drop_answer', path: '/v3/pay/transactions/*', method: 'GET' })
    await toTheSheet(person, '安溪铁观音')
    await person.choose('pay')
    await person.waitsFor(S.phase.unconfirmed, 6)
    await person.photograph('unconfirmed')
    await sandbox('faults', undefined, 'DELETE')
    await person.tap(S.action.checkAgain)
    await paid(person)
  })

  test(`${size}: the network is lost with the sheet open; with the network comes the payment`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await toTheSheet(person, '武夷大红袍')
    await person.choose('payLose')
    await person.sees('飞行模式')
    await person.waitsFor(S.offline, 3)
    await person.photograph('offline')
    await person.press('airplane')
    await person.waitsFor(R.paid, 5)
  })

  test(`${size}: killed with the sheet open, after the money moved; the next launch says paid`, async (t) => {
    const person = await sitDown(t, address, size)
    await toTheSheet(person, '云南普洱')
    await person.choose('payKill')
    await person.sees('应用已被结束')
    await person.photograph('killed')
    await person.press('home-open')
    await paid(person)
    if (size === '360') await person.page.getByRole('button', { name: '经过' }).tap()
    await person.photograph('resumed')
    if (size === 'desktop') await person.photographSmall('killed')
    const lines = await person.timeline()
    const dead = lines.indexOf('phone 应用被杀')
    assert.ok(dead > lines.findIndex((line) => line.startsWith('wechat') && line.includes('已扣款')), lines.join('\n'))
    assert.ok(lines.slice(dead).some((line) => line.startsWith('state paid')))
  })

  test(`${size}: killed with the sheet open, unpaid; the next launch offers to pay the same order`, async (t) => {
    const person = await sitDown(t, address, size)
    await toTheSheet(person, '福州茉莉')
    await person.choose('justKill')
    await person.press('home-open')
    await person.reads(S.phase.unpaid, 20_000)
    await person.tap(S.action.payAgain)
    await person.sheetOpens()
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: the sheet is left open; after 20 s the payer can say that it is closed`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await toTheSheet(person, '试饮装')
    await person.choose('leave')
    await person.sees('付款面板还开着')
    await person.waitsFor(S.action.sheetClosed, 7)
    await person.photograph('left-open')
    await person.tap(S.action.sheetClosed)
    // The server asks WeChat again in its own time.
    await person.reads(S.phase.unpaid, 30_000)
    await person.tap(S.action.payAgain)
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: not enough money; the payer chooses again`, async (t) => {
    const person = await sitDown(t, address, size)
    await toTheSheet(person, '西湖龙井')
    await person.choose('insufficient')
    await person.sees('零钱余额不足，未扣款。可以再试一次，或关闭。')
    await person.photograph('insufficient')
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: paid, and told of a cancel: the server's word counts`, async (t) => {
    const person = await sitDown(t, address, size)
    await toTheSheet(person, '洞庭碧螺春')
    await person.choose('payCancel')
    await paid(person)
  })

  test(`${size}: to the background and back while confirming`, async (t) => {
    const person = await sitDown(t, address, size)
    await toTheSheet(person, '安溪铁观音')
    await person.press('background')
    await person.sees('应用在后台')
    await person.photograph('background')
    await person.press('home-open')
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: five seconds in the background interrupt a request; back in front it goes on`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await sandbox('faults', { fault: 'delay', ms: 3000, path: '/v3/pay/transactions/jsapi', count: 1 })
    await person.buys('福州茉莉')
    await person.tap(PAY)
    await person.reads(S.phase.creatingOrder)
    await person.press('background')
    await person.timePasses(6)
    await person.page.locator('#timeline li', { hasText: 'interrupted' }).first().waitFor({ state: 'attached' })
    await person.press('home-open')
    await person.timePassesUntilTheSheetOpens()
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: in airplane mode nothing is bought, and it says that nothing was charged`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await person.reads(I.slogan)
    await person.press('airplane')
    await person.buys('武夷大红袍')
    await person.tap(PAY)
    await person.waitsFor(S.phase.failed, 5)
    await person.reads(/没有扣款/)
    await person.photograph('failed')
    await person.press('airplane')
    await person.tap(PAY)
    await person.sheetOpens()
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: in airplane mode the sheet takes no payment; with a network it does`, async (t) => {
    const person = await sitDown(t, address, size)
    await toTheSheet(person, '西湖龙井')
    await person.press('airplane')
    for (const choice of ['pay', 'payKill', 'payCancel']) {
      await person.choose(choice)
      await person.sees('网络不可用，未扣款。请关闭飞行模式后重试。')
    }
    assert.ok((await person.timeline()).every((line) => !/付款人：支付|已扣款/.test(line)), (await person.timeline()).join('\n'))
    await person.press('airplane')
    await person.choose('pay')
    await paid(person)
  })

  test(`${size}: on a slow network it takes its time, and is paid`, async (t) => {
    const person = await sitDown(t, address, size, { clock: true })
    await person.reads(I.slogan)
    await person.press('slow')
    await person.buys('云南普洱')
    await person.tap(PAY)
    await person.reads(/正在|等待/)
    await person.timePassesUntilTheSheetOpens()
    await person.choose('pay')
    await person.waitsFor(R.paid, 2)
  })

  test(`${size}: the merchant's server is down: nothing is bought, nothing was charged`, async (t) => {
    const person = await sitDown(t, await openPage(SHOP, { ...mine, route: ['--route', 'https://pay.example.com=http://127.0.0.1:1'] }), size, { clock: true })
    await person.buys('西湖龙井')
    await person.tap(PAY)
    await person.waitsFor(S.phase.failed, 5)
    await person.reads(/没有扣款/)
    await person.photograph('server-down')
  })

  test(`${size}: a page that asks for another price gets no order`, async (t) => {
    const person = await sitDown(t, await openPage(tampered(t), mine), size)
    await person.buys('西湖龙井')
    await person.tap(PAY)
    await person.reads(S.phase.failed)
    await person.reads(/价格已变动.*没有扣款/)
    await person.photograph('price-changed')
  })
}

/** The shop with a price of one fen. @param {import('node:test').TestContext} t */
function tampered(t) {
  const directory = mkdtempSync(join(tmpdir(), 'wx-phone-tampered-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  cpSync(SHOP, directory, { recursive: true })
  const file = join(directory, 'catalogue.js')
  writeFileSync(file, readFileSync(file, 'utf8').replace('price: 6800', 'price: 1'))
  return directory
}
