// @ts-check
// The page around the phone: for a keyboard, for a screen reader, in both languages, and its timeline.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { program } from '../support.js'
import { EN, SHOP, ZH, openHouse, openPage, sitDown } from './support.js'

const { status: S, index: I, checkout: C, result: R } = ZH
const PAY = new RegExp(`^${C.pay} ¥[\\d.]+$`)
const house = await openHouse()
const address = await openPage(SHOP, house)

/** Moves the focus on until it is on something whose name fits. @param {import('./support.js').Person} person @param {RegExp} name */
async function tabTo(person, name) {
  const met = []
  for (let steps = 0; steps < 60; steps += 1) {
    await person.page.keyboard.press('Tab')
    met.push(await focused(person))
    if (name.test(met[met.length - 1])) return
  }
  throw new Error(`Tab never came to ${name}, but to ${met.join(', ')}`)
}

/** What has the focus, in the page or in the mini program. @param {import('./support.js').Person} person @returns {Promise<string>} */
async function focused({ page }) {
  const inside = page.frameLocator('#screen iframe').locator(':focus')
  const target = (await inside.count()) > 0 ? inside : page.locator(':focus')
  if ((await target.count()) === 0) return ''
  return (await target.getAttribute('aria-label')) || (await target.innerText())
}

test('a purchase with the keyboard alone', async (t) => {
  const person = await sitDown(t, address, 'desktop')
  const { keyboard } = person.page
  await person.reads(I.slogan)
  await tabTo(person, new RegExp(`^${I.buyNow}$`))
  await keyboard.press('Enter')
  await person.reads(C.goods)
  await tabTo(person, PAY)
  await keyboard.press('Enter')
  await person.sheetOpens()
  assert.equal(await focused(person), '支付')
  // Tab goes round inside the sheet, both ways.
  await keyboard.press('Shift+Tab')
  assert.equal(await focused(person), '关闭')
  await keyboard.press('Shift+Tab')
  assert.equal(await focused(person), '放着不管')
  await keyboard.press('Tab')
  await keyboard.press('Escape')
  await person.reads(S.phase.unpaid, 30_000)
  await tabTo(person, new RegExp(`^${S.action.payAgain}$`))
  await keyboard.press('Enter')
  await person.sheetOpens()
  await keyboard.press('Enter')
  await person.reads(R.paid)
  await tabTo(person, new RegExp(`^${R.done}$`))
  await keyboard.press(' ')
  await person.reads(I.slogan)
})

/** Whether the mini program behind can be reached. @param {import('./support.js').Person} person */
const isReachable = ({ page }) => page.locator('#content').evaluate((content) => !(/** @type {HTMLElement} */ (content).inert))

test('the sheet stays modal in the background and back, and when the language is changed', async (t) => {
  const person = await sitDown(t, address, 'desktop')
  await person.buys('西湖龙井')
  await person.reads(C.goods)
  assert.equal(await isReachable(person), true)
  await person.tap(PAY)
  await person.sheetOpens()
  assert.equal(await isReachable(person), false)
  await person.press('background')
  await person.sees('应用在后台')
  assert.equal(await person.page.locator('#sheet-over').evaluate((over) => /** @type {HTMLElement} */ (over).inert), true)
  await person.press('home-open')
  assert.equal(await isReachable(person), false)
  assert.equal(await focused(person), '支付')
  await person.press('language')
  assert.equal(await isReachable(person), false)
  await person.press('language')
  await person.choose('pay')
  await person.reads(R.thanks)
  assert.equal(await isReachable(person), true)
})

test('two payments asked for at once: one sheet opens, and the other call fails', async (t) => {
  // The sandbox would refuse to show an order it does not know; whose the sheet is was decided before.
  const params = "{ timeStamp: '1', nonceStr: 'n', package: 'prepay_id=x', signType: 'RSA', paySign: 's' }"
  const twice = program(t, {
    'pages/index/index.wxml': '<button bindtap="pay">pay</button><view>first {{first}}</view><view>second {{second}}</view>',
    'pages/index/index.js': `Page({ data: { first: '', second: '' }, pay() {
      for (const which of ['first', 'second']) wx.requestPayment({ ...${params}, complete: ({ errMsg }) => this.setData({ [which]: errMsg }) })
    } })`,
  })
  const person = await sitDown(t, await openPage(twice), 'desktop')
  await person.page.route('**/sheet', (route) => route.fulfill({ json: { merchant: 'Tea', goods: 'tea', amount: 100 } }))
  await person.tap('pay')
  await person.sheetOpens()
  await person.reads('second requestPayment:fail another payment sheet is open')
  await person.choose('close')
  await person.reads(/^first requestPayment:fail/)
})

test('nothing behind the home screen can be reached', async (t) => {
  const person = await sitDown(t, address, 'desktop')
  await person.reads(I.slogan)
  await person.press('background')
  assert.equal(await isReachable(person), false)
  await person.press('home-open')
  assert.equal(await isReachable(person), true)
  await person.press('kill')
  assert.equal(await isReachable(person), false)
})

for (const size of /** @type {const} */ (['desktop', '360'])) {
  for (const dark of [false, true]) {
    test(`${size}${dark ? ', dark' : ''}: axe finds nothing serious on any screen`, async (t) => {
      const person = await sitDown(t, address, size, { dark })
      const look = async (/** @type {string} */ name) => {
        await person.photograph(`axe-${name}`)
        assert.deepEqual(await person.axe(), [], name)
      }
      await person.reads(I.slogan)
      await look('shop')
      for (const tab of ZH.tabs.slice(1)) {
        await person.tapOn(person.page.locator('#tabs').getByRole('button', { name: tab }))
        await person.shop.first().waitFor()
        await look(`tab-${ZH.tabs.indexOf(tab)}`)
      }
      await person.tapOn(person.page.locator('#tabs').getByRole('button', { name: ZH.tabs[0] }))
      await person.buys(dark ? '福州茉莉' : '试饮装')
      await person.reads(C.goods)
      await look('checkout')
      await person.tap(PAY)
      await person.sheetOpens()
      await look('sheet')
      await person.choose('pay')
      await person.reads(R.thanks)
      await look('paid')
      await person.press('kill')
      await person.sees('应用已被结束')
      await look('killed')
      if (size === '360') {
        await person.page.getByRole('button', { name: '经过' }).tap()
        await look('timeline')
      }
    })
  }
}

test('360, English, dark: the title ends before the capsule, and the open sheet\'s line covers nothing', async (t) => {
  const person = await sitDown(t, address, '360', { dark: true, locale: 'en-GB' })
  await person.reads(I.slogan)
  await person.tap('English')
  await person.tapOn(person.page.locator('#tabs').getByRole('button', { name: EN.tabs[3] }))
  await person.reads(EN.inspector.intro)
  const box = async (/** @type {string} */ selector) => /** @type {{x: number, y: number, width: number, height: number}} */ (await person.page.locator(selector).boundingBox())
  const [title, capsule] = [await box('#title'), await box('.capsule')]
  assert.ok(title.x + title.width <= capsule.x, JSON.stringify({ title, capsule }))
  await person.photograph('title-english')
  await person.tapOn(person.page.locator('#tabs').getByRole('button', { name: EN.tabs[0] }))
  await person.tap(EN.index.buyNow)
  await person.tap(new RegExp(`^${EN.checkout.pay} ¥`))
  await person.sheetOpens()
  await person.choose('leave')
  await person.sees('The payment sheet is still open')
  const [line, navigation, screen] = [await box('#left-open'), await box('#navigation'), await box('#screen')]
  assert.ok(navigation.y + navigation.height <= line.y && line.y + line.height <= screen.y, JSON.stringify({ navigation, line, screen }))
  await person.photograph('left-open-english')
  await person.press('back-to-sheet')
  await person.choose('pay')
  await person.reads(EN.result.paid)
})

test('the timeline is one list in order of time, without a secret, and can be filtered and saved', async (t) => {
  const person = await sitDown(t, address, 'desktop')
  await person.buys('云南普洱')
  await person.tap(PAY)
  await person.sheetOpens()
  await person.choose('pay')
  await person.reads(R.thanks)
  await person.page.locator('#timeline li[data-kind="notify"]').last().waitFor()
  const lines = await person.timeline()
  for (const expected of [/^phone 打开了小程序/, /^wx wx\.requestPayment → requestPayment:ok/, /^http POST \/payments\/create → 200/, /^sign ✓ POST \/v3\/pay\/transactions\/jsapi · 验签通过/, /^sign ✓ wx\.requestPayment paySign/, /^wechat .*已扣款/, /^notify .*204/, /^state paid/]) {
    assert.ok(lines.some((line) => expected.test(line)), `${expected} in\n${lines.join('\n')}`)
  }
  const order = ['state creatingOrder', 'state paying', 'phone 付款面板打开', 'phone 付款人：支付', 'state paid'].map((start) => lines.findLastIndex((line) => line.startsWith(start)))
  assert.deepEqual(order, [...order].sort((one, other) => one - other), lines.join('\n'))

  await person.page.locator('#filters').getByRole('button', { name: '状态机' }).click()
  assert.ok((await person.timeline()).every((line) => !line.startsWith('state')))
  const [download] = await Promise.all([person.page.waitForEvent('download'), person.press('save')])
  assert.equal(download.suggestedFilename(), 'wx-checkout-timeline.jsonl')
  const saved = readFileSync(await download.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  assert.ok(saved.length >= lines.length)
  assert.deepEqual(saved.map(({ at }) => at), saved.map(({ at }) => at).sort())
  const text = JSON.stringify(saved)
  assert.doesNotMatch(text, new RegExp(`prepay_id=(?!\\*)|paySign":"(?!\\*)|\\bs1\\.(?!\\*)|${house.openid}`))
})

test('the page speaks Chinese and English, and remembers', async (t) => {
  const person = await sitDown(t, address, 'desktop', { locale: 'en-GB' })
  await person.sees('Kill the app')
  assert.equal(await person.page.getAttribute('html', 'lang'), 'en')
  await person.press('language')
  await person.sees('结束应用')
  await person.page.reload()
  await person.sees('结束应用')
  assert.match((await person.timeline()).join('\n'), /打开了小程序/)
})

test('storage outlives the app and is gone when it is cleared', async (t) => {
  const person = await sitDown(t, address, 'desktop')
  await person.buys('西湖龙井', I.add)
  await person.press('kill')
  await person.press('home-open')
  await person.reads(I.toCart)
  await person.press('clear')
  await person.sees('存储已清空')
  await person.press('home-open')
  await person.reads(I.slogan)
  assert.equal(await person.shop.getByText(I.toCart).count(), 0)
})
