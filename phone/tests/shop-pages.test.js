// Every page of the tea shop in every state of the checkout, by what a person reads and can tap. The
// checkout is one that says what the test tells it to; everything else is the shop's own.
import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'node:test'
import { FAKE_OPENING, VIEWS } from './shop-views.js'
import { boot, temporaryDirectory } from './support.js'

const SHOP = fileURLToPath(new URL('../../miniprogram-demo', import.meta.url))
const require = createRequire(`${SHOP}/app.js`)
const TEXTS = { zh: require('./texts/zh.js'), en: require('./texts/en.js') }
const TABS = ['index', 'cart', 'orders', 'inspector']
const ORDER = VIEWS.paid.order.orderId

/** Storage in memory, as the phone keeps it. @param {Record<string, any>} kept @param {string[]} [full] keys that cannot be written */
function storage(kept, full = []) {
  const entries = new Map(Object.entries(kept).map(([key, data]) => [key, JSON.stringify({ data })]))
  return {
    get: (/** @type {string} */ key) => entries.get(key) ?? null,
    set(/** @type {string} */ key, /** @type {string} */ text) {
      if (full.includes(key)) throw new Error('no space left')
      entries.set(key, text)
    },
    remove: (/** @type {string} */ key) => void entries.delete(key),
    clear: () => entries.clear(),
    keys: () => [...entries.keys()],
    read: (/** @type {string} */ key) => JSON.parse(entries.get(key) ?? '{}').data,
  }
}

/**
 * The shop with a checkout in the given state.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, any>} look what the checkout says: view, trouble, trace
 * @param {Record<string, any>} [kept] in the phone's storage
 * @param {string[]} [full]
 */
function shop(t, look, kept = {}, full = []) {
  const directory = temporaryDirectory(t)
  cpSync(SHOP, directory, { recursive: true, filter: (path) => !relative(SHOP, path).startsWith('miniprogram_npm') })
  writeFileSync(join(directory, 'lib/opening.js'), FAKE_OPENING)
  const store = storage({ look, ...kept }, full)
  return { ...boot(t, directory, { storage: store }), store }
}

/** @param {ReturnType<typeof boot>['events']} events */
const did = (events) => events.filter(({ event, values }) => event === 'log' && values[0]?.did).map(({ values }) => values[0].did)

/** What is on the screen after what was asked for is there. @param {import('../drive/screen.js').Screen} screen @param {string} text */
async function shows(screen, text) {
  await screen.until(`"${text}"`, () => screen.text.includes(text), 10_000)
}

/** @param {string[]} buttons that must be there @param {import('../drive/screen.js').Screen} screen */
function offers(screen, buttons) {
  for (const label of buttons) assert.ok(screen.canTap(label), `"${label}" in: ${screen.text.replace(/\s+/g, ' ')}`)
}

/** The button that each action has on a page that cannot buy, or on the checkout page itself. */
const buttonsOf = (/** @type {any} */ view, /** @type {any} */ t, /** @type {boolean} */ canBuy) => {
  const { phase, actions, watched } = view
  return actions.flatMap((/** @type {string} */ action) => {
    if (action === 'pay') return canBuy ? [/^(支付|Pay) ¥68\.00$/] : phase === 'idle' ? [] : [t.action.pay]
    if (action === 'buyAgain' && !canBuy) return []
    if (action === 'checkAgain' && phase !== 'unconfirmed' && watched.length === 0) return []
    return [t.action[action]]
  })
}

for (const lang of /** @type {const} */ (['zh', 'en'])) {
  const t = TEXTS[lang].status
  for (const [name, view] of Object.entries(VIEWS)) {
    test(`${name}, ${lang}: each page says what it is and offers what can be done`, async (context) => {
      const { screen, phone } = shop(context, { view }, { language: lang })
      for (const [index, page] of TABS.entries()) {
        screen.tap(TEXTS[lang].tabs[index])
        await shows(screen, TEXTS[lang][page].title)
        expect(screen, view, false)
      }
      screen.tap(TEXTS[lang].tabs[0])
      screen.tap(TEXTS[lang].index.buyNow)
      await shows(screen, TEXTS[lang].checkout.title)
      await screen.until('the card', () => screen.text.includes('¥68.00'))
      expect(screen, view, true)
      assert.equal(phone.modal, null)
    })
  }

  /** @param {import('../drive/screen.js').Screen} screen @param {any} view @param {boolean} canBuy */
  function expect(screen, view, canBuy) {
    const { phase, message, receipt, watched, outcome } = view
    const isSilent = phase === 'idle' && !outcome && watched.length === 0
    if (!isSilent && !(phase === 'idle' && watched.some((/** @type {any} */ one) => one.outcome !== 'paid') && !outcome)) {
      const said = receipt && receipt.refund !== 'none' ? t.refundNote[receipt.refund] : message[lang]
      assert.ok(screen.text.includes(said), said)
    }
    if (phase !== 'idle') {
      const refund = receipt && t.refund[receipt.refund]
      const resumed = ['recording', 'signingIn', 'creatingOrder'].includes(phase)
      assert.ok(screen.text.includes(refund ?? (resumed ? t.lookingUp : t.phase[phase])))
    }
    for (const { order, outcome: standing } of watched) {
      assert.ok(screen.text.includes(order.orderId))
      assert.ok(screen.text.includes(t.outcome[standing]))
      if (standing === 'paid') offers(screen, [t.view])
    }
    offers(screen, buttonsOf(view, t, canBuy))
  }
}

test('a payment is shown with its order, time and number, and is acknowledged', async (t) => {
  const { screen, events } = shop(t, { view: VIEWS.paid }, { orders: [{ orderId: ORDER, amount: 6800, paid: true, quantities: { 'longjing-50g': 1 }, fromCart: true }] })
  screen.tap('订单')
  await screen.tapWhenThere('查看')
  await shows(screen, '支付成功')
  for (const text of ['¥68.00', '西湖龙井 50g', ORDER, '2026-11-24 14:15 UTC+8', VIEWS.paid.receipt.wechatTransactionId]) await shows(screen, text)
  await screen.until('it to be acknowledged', () => did(events).includes('acknowledge'))
})

for (const [name, title] of [['refunding', '退款中'], ['refunded', '已退款']]) {
  test(`a payment that is ${name} is shown as that`, async (t) => {
    const { screen } = shop(t, { view: VIEWS[/** @type {'refunded'} */ (name)] }, { orders: [{ orderId: ORDER, amount: 6800, paid: true, quantities: {}, fromCart: false }] })
    screen.tap('订单')
    await screen.tapWhenThere('查看')
    await shows(screen, title)
    assert.ok(!screen.text.includes('支付成功'))
  })
}

test('each button of the card does what it says', async (t) => {
  for (const [name, label, action] of [
    ['unpaid', '继续支付', 'payAgain'], ['unpaid', '放弃本次购买', 'abandon'], ['unpaid', '先放一边', 'setAside'], ['unconfirmed', '再查一次', 'checkAgain'],
    ['payingLong', '我已关闭支付窗口', 'sheetClosed'], ['closed', '知道了', 'acknowledge'], ['watched', '再查一次', 'checkAgain'],
  ]) {
    const { screen, events } = shop(t, { view: VIEWS[/** @type {'unpaid'} */ (name)] })
    await screen.tapWhenThere(label)
    await screen.until(action, () => did(events).includes(action))
  }
})

test('buying again is a purchase of its own', async (t) => {
  const { screen, events } = shop(t, { view: VIEWS.openOrder })
  screen.tap('立即购买')
  await screen.tapWhenThere('再买一份')
  await screen.until('the purchase', () => did(events).includes('pay'))
  const { given } = events.find(({ values }) => values?.[0]?.did === 'pay')?.values[0]
  assert.deepEqual(given, [{ items: [{ sku: 'longjing-50g', quantity: 1 }], expectedAmount: 6800, separate: true }])
})

test('a purchase that failed can be tried again from any page, with the same goods', async (t) => {
  const { screen } = shop(t, { view: VIEWS.failed }, { basket: { quantities: { 'dahongpao-50g': 2 }, fromCart: false } })
  screen.tap('购物车')
  await screen.tapWhenThere('重新下单')
  await shows(screen, '支付 ¥256.00')
})

test('goods that are not those of the open order wait for it', async (t) => {
  const { screen } = shop(t, { view: VIEWS.unpaid }, { orders: [{ orderId: ORDER, amount: 6800, paid: false, quantities: { 'sample-5g': 1 }, fromCart: false }] })
  screen.tap('立即购买')
  await shows(screen, '请先处理上面的订单')
  assert.ok(!screen.canTap(/^支付 ¥/))
})

test('the cart outlives the app, and is not emptied by an order that is not paid', async (t) => {
  const first = shop(t, { view: VIEWS.unconfirmed })
  await first.screen.tapWhenThere('加入购物车')
  await shows(first.screen, '¥68.00')
  const kept = { cart: first.store.read('cart') }
  assert.deepEqual(kept.cart, { 'longjing-50g': 1 })
  const second = shop(t, { view: VIEWS.unconfirmed }, kept)
  second.screen.tap('购物车')
  await shows(second.screen, '西湖龙井 50g')
})

test('what was paid leaves the cart, what was put into it since stays', async (t) => {
  const order = { orderId: ORDER, amount: 6800, paid: false, quantities: { 'longjing-50g': 1 }, fromCart: true }
  const { screen, store } = shop(t, { view: VIEWS.paid, outcomes: [{ outcome: 'paid', orderId: ORDER, view: VIEWS.paid }] }, { cart: { 'longjing-50g': 2, 'sample-5g': 1 }, orders: [order] })
  await shows(screen, '支付成功')
  assert.deepEqual(store.read('cart'), { 'longjing-50g': 1, 'sample-5g': 1 })
})

test('an article that was bought at once leaves the cart alone', async (t) => {
  const order = { orderId: ORDER, amount: 6800, paid: false, quantities: { 'longjing-50g': 1 }, fromCart: false }
  const { screen, store } = shop(t, { view: VIEWS.paid, outcomes: [{ outcome: 'paid', orderId: ORDER, view: VIEWS.paid }] }, { cart: { 'longjing-50g': 2 }, orders: [order] })
  await shows(screen, '支付成功')
  assert.deepEqual(store.read('cart'), { 'longjing-50g': 2 })
})

test('a payment that was seen before is taken out of the cart once', async (t) => {
  const order = { orderId: ORDER, amount: 6800, paid: true, quantities: { 'longjing-50g': 1 }, fromCart: true }
  const { screen, store } = shop(t, { view: VIEWS.paid, outcomes: [{ outcome: 'paid', orderId: ORDER, view: VIEWS.paid }] }, { cart: { 'longjing-50g': 1 }, orders: [order] })
  await shows(screen, '支付成功')
  assert.deepEqual(store.read('cart'), { 'longjing-50g': 1 })
})

test('another order that turns out to be paid does not push the one in front away', async (t) => {
  const view = VIEWS.unpaidAndOthers
  const { screen, phone } = shop(t, { view, outcomes: [{ outcome: 'paid', orderId: view.watched[0].order.orderId, view }] })
  await shows(screen, '继续支付')
  assert.equal(phone.bar.title, '清和茶铺')
  await screen.tapWhenThere('查看')
  await shows(screen, '支付成功')
  assert.ok(screen.text.includes('¥128.00'))
})

test('an order that was left and is paid is shown when the app opens', async (t) => {
  const view = VIEWS.leftAndPaid
  const { screen, events } = shop(t, { view, outcomes: [{ outcome: 'paid', orderId: view.watched[0].order.orderId, view }] })
  await shows(screen, '支付成功')
  await screen.until('it to be acknowledged', () => did(events).includes('acknowledge'))
})

test('two taps lead from the list into the payment', async (t) => {
  const { screen, events } = shop(t, { view: VIEWS.idle })
  await screen.tapWhenThere('立即购买')
  await screen.tapWhenThere('支付 ¥68.00')
  await screen.until('the purchase', () => did(events).includes('pay'))
})

test('a purchase that is refused says why, and the page stays as it is', async (t) => {
  const { screen } = shop(t, { view: VIEWS.idle, refusal: { zh: '正在下单，请稍候。', en: 'A purchase is under way. One moment.' } })
  screen.tap('立即购买')
  await screen.tapWhenThere('支付 ¥68.00')
  await shows(screen, '操作未执行')
  await shows(screen, '正在下单，请稍候。')
  screen.tap('好')
  await screen.until('the button again', () => screen.canTap('支付 ¥68.00'))
})

test('a full storage costs the cart its memory, not its use', async (t) => {
  const { screen, phone } = shop(t, { view: VIEWS.idle }, {}, ['cart'])
  await screen.tapWhenThere('加入购物车')
  screen.tap('购物车')
  await shows(screen, '合计')
  await shows(screen, '¥68.00')
  assert.equal(phone.modal, null)
})

for (const [storage, words] of [['failing', '请清理空间'], ['damaged', '旧记录读不出来'], ['newer', '更新的版本']]) {
  test(`a storage that is ${storage} is told of`, async (t) => {
    const { screen } = shop(t, { view: { ...VIEWS.idle, storage } })
    await shows(screen, words)
  })
}

test('a checkout that cannot be opened says so, and the shop goes on', async (t) => {
  const { screen } = shop(t, { trouble: { zh: '选项 baseUrl 必须使用 https。没有产生任何扣款。', en: 'baseUrl must use https. No money was taken.' } })
  await shows(screen, '收银台暂时不可用')
  await shows(screen, 'baseUrl 必须使用 https')
  offers(screen, ['重试', '加入购物车'])
  screen.tap('加入购物车')
  screen.tap('购物车')
  await shows(screen, '收银台暂时不可用')
  await shows(screen, '¥68.00')
  await screen.tapWhenThere('去结算')
  await shows(screen, '收银台暂时不可用')
  assert.ok(!screen.canTap(/^支付 ¥/))
})

test('without its npm package the shop says how to get it', async (t) => {
  const directory = temporaryDirectory(t)
  cpSync(SHOP, directory, { recursive: true, filter: (path) => !relative(SHOP, path).startsWith('miniprogram_npm') })
  const { screen } = boot(t, directory)
  await shows(screen, './build.sh package')
  offers(screen, ['加入购物车'])
})

test('a lost network is said on every page, until it is back', async (t) => {
  const { screen, phone } = shop(t, { view: VIEWS.confirming })
  await shows(screen, '正在确认付款')
  phone.control.network('none')
  for (const tab of ['茶铺', '购物车', '订单', '状态']) {
    screen.tap(tab)
    await shows(screen, '网络已断开')
    await shows(screen, '请勿重复付款')
  }
  phone.control.network('wifi')
  await screen.until('the notice to go', () => !screen.text.includes('网络已断开'))
})

test('the language is switched on the spot, on every page, and remembered', async (t) => {
  const first = shop(t, { view: VIEWS.unpaid })
  await first.screen.tapWhenThere('English')
  await shows(first.screen, 'Not paid yet')
  assert.match(first.screen.text, /Qinghe Tea/)
  first.screen.tap('Orders')
  await shows(first.screen, 'My orders')
  first.screen.tap('Shop')
  await first.screen.tapWhenThere('中文')
  await shows(first.screen, '尚未支付')
  first.screen.tap('English')
  const second = shop(t, { view: VIEWS.unpaid }, { language: first.store.read('language') })
  await shows(second.screen, 'Not paid yet')
})

test('what was left unfinished is marked as that when the app opens, on the page it opens with', async (t) => {
  const { screen } = shop(t, { view: VIEWS.unpaid })
  await shows(screen, '上次没有完成')
  await shows(screen, '继续支付')
})

test('the note about a purchase that was given up can be put away', async (t) => {
  const { screen } = shop(t, { view: { ...VIEWS.abandoned, actions: ['pay'], watched: [] } })
  await screen.tapWhenThere('知道了')
  await screen.until('the note to go', () => !screen.text.includes('已放弃本次购买'))
})

test('the inspector tells what happened in words, and gives the raw lines where it cannot copy', async (t) => {
  const trace = [
    '{"at":1000,"event":"Start","about":{},"state":"Recording","taken":"yes","effects":["Save","Sleep"]}',
    '{"at":1200,"event":"Called","about":{"status":201,"body":{"state":"payable"}},"state":"Saving","taken":"yes","effects":["Pay","Sleep","Sleep"]}',
  ]
  const { screen, phone, events } = shop(t, { view: VIEWS.unpaid, trace })
  screen.tap('状态')
  for (const text of ['点了“支付”', '服务器回答 201 payable', '+200 ms', '打开支付窗口', '状态图']) await shows(screen, text)
  const here = [...phone.window.document.querySelectorAll('.state.here')].map((one) => one.textContent)
  assert.deepEqual(here, ['未支付'])
  screen.tap('看原文')
  await shows(screen, '"event":"Called"')
  screen.tap('看说明')
  await shows(screen, '点了“支付”')
  // The list is made without a complaint of the framework, also where one step asks for the same twice.
  assert.deepEqual(events.filter(({ event }) => event === 'console'), [])
})

test('two taps on the button are one purchase', async (t) => {
  const { screen, events } = shop(t, { view: VIEWS.idle }, { cart: { 'longjing-50g': 1 } })
  screen.tap(TEXTS.zh.tabs[1])
  await screen.tapWhenThere(new RegExp(`^${TEXTS.zh.cart.toCheckout}`))
  await screen.until('the button', () => screen.canTap(/^支付 ¥68\.00$/))
  screen.tap(/^支付 ¥68\.00$/)
  screen.tap(/^支付 ¥68\.00$/)
  // Nothing on the screen changes: the checkout is one that says what it is told to.
  for (let rounds = 0; rounds < 1000 && !did(events).includes('pay'); rounds += 1) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(did(events), ['pay'])
})
