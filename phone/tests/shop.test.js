import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'node:test'
import { compileProgram } from '../compile/index.js'

const SHOP = fileURLToPath(new URL('../../miniprogram-demo', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(`${SHOP}/app.js`)
const TEXTS = { zh: require('./texts/zh.js'), en: require('./texts/en.js') }

/** The words of a union in the core's types: what the machine may say. @param {string} type */
function words(type) {
  const types = readFileSync(join(ROOT, 'js-glue/src/core-types.ts'), 'utf8')
  const union = new RegExp(`export type ${type} = ([^;]+);`).exec(types)
  assert.ok(union, `the core has no type ${type}`)
  return [...union[1].matchAll(/"(\w+)"/g)].map(([, word]) => word)
}

/** @param {any} text @param {string} [path] @returns {string[]} */
function names(text, path = '') {
  if (typeof text === 'string') return [path]
  return Object.entries(text).flatMap(([name, inner]) => names(inner, `${path}.${name}`))
}

/** Files of the shop itself, without the npm package. */
function ownFiles() {
  return readdirSync(SHOP, { recursive: true, encoding: 'utf8' }).filter((path) => !path.startsWith('miniprogram_npm') && statSync(join(SHOP, path)).isFile())
}

test('the tea shop compiles, each page in a folder of its own', () => {
  const { pages } = compileProgram(SHOP).app
  assert.deepEqual(pages.map((page) => page.split('/')[1]).sort(), ['cart', 'checkout', 'index', 'inspector', 'orders', 'result'])
  for (const page of pages) assert.match(page, /^pages\/(\w+)\/\1$/)
})

test('both languages say the same things, and nothing is empty', () => {
  assert.deepEqual(names(TEXTS.en), names(TEXTS.zh))
  /** @type {(text: any) => string[]} */
  const values = (text) => (typeof text === 'string' ? [text] : Object.values(text).flatMap(values))
  for (const text of values(TEXTS)) assert.notEqual(text.trim(), '')
})

test('no word of one language is left in the other', () => {
  const { language, ...index } = TEXTS.en.index
  assert.equal(language, '中文')
  assert.doesNotMatch(JSON.stringify({ ...TEXTS.en, index }), /[\u4e00-\u9fff]/)
})

for (const lang of /** @type {const} */ (['zh', 'en'])) {
  test(`every phase, action, outcome, refund and storage of the core has its words in ${lang}`, () => {
    const { status, inspector } = TEXTS[lang]
    assert.deepEqual(Object.keys(status.phase).sort(), words('Phase').sort())
    assert.deepEqual(Object.keys(inspector.phase).sort(), words('Phase').sort())
    assert.deepEqual(Object.keys(status.action).sort(), words('Action').sort())
    assert.deepEqual(Object.keys(status.outcome).sort(), words('Outcome').sort())
    assert.deepEqual(['none', ...Object.keys(status.refund)].sort(), words('RefundState').sort())
    assert.deepEqual(['working', ...Object.keys(status.storage)].sort(), words('StorageHealth').sort())
  })

  test(`every event and effect of the core's trace has its words in ${lang}`, () => {
    const named = (/** @type {string} */ file) => [...readFileSync(join(ROOT, 'src/machine', file), 'utf8').matchAll(/Self::\w+(?:\([^=]*\)| \{[^=]*\})? => "([\w()]+)"/g)].map(([, name]) => name)
    const { event, effect } = TEXTS[lang].inspector
    const [events, effects] = [named('event.rs'), named('effect.rs')]
    assert.ok(events.length >= 19 && effects.length >= 12, `${events} ${effects}`)
    for (const name of [...events, 'Checkpoint', 'Host']) assert.ok(event[name], name)
    for (const name of effects) assert.ok(effect[name], name)
  })
}

test('money is written without floating point', () => {
  const { yuan } = require('./lib/money.js')
  assert.deepEqual([1, 10, 6800, 4294967295].map(yuan), ['0.01', '0.10', '68.00', '42949672.95'])
})

test('goods and prices are those of the server that the sandbox configures', () => {
  const source = readFileSync(join(ROOT, 'crates/sandbox/src/dir/server.rs'), 'utf8')
  const sold = [...source.matchAll(/\("([\w-]+)", "([^"]+)", (\d+)\)/g)].map(([, sku, name, price]) => ({ sku, name, price: Number(price) }))
  const catalogue = require('./catalogue.js')
  assert.equal(sold.length, 7)
  assert.deepEqual(catalogue.map((/** @type {any} */ { sku, name, price }) => ({ sku, name: name.zh, price })), sold)
})

test('every kind of line that a trace has can be read', () => {
  const { step } = require('./lib/trace.js')
  const lines = [
    '{"at":1,"event":"Checkpoint","about":{"revision":3}}',
    '{"at":2,"event":"Called","id":5,"about":{"status":503,"body":{"code":"rate_limited"}},"state":"Saving","taken":"yes","effects":["Save","Sleep"]}',
    '{"at":3,"event":"Slept","id":6,"state":"CreatingOrder","taken":"stale","effects":[]}',
    '{"at":4,"event":"Host","about":{"name":"requestPayment","errMsg":"requestPayment:ok"}}',
  ]
  assert.deepEqual(lines.map(step), [
    { at: 1, event: 'Checkpoint', detail: '', state: '', taken: 'yes', effects: [] },
    { at: 2, event: 'Called', detail: '503 rate_limited', state: 'saving', taken: 'yes', effects: ['Save', 'Sleep'] },
    { at: 3, event: 'Slept', detail: '', state: 'creatingOrder', taken: 'stale', effects: [] },
    { at: 4, event: 'Host', detail: 'wx.requestPayment → requestPayment:ok', state: '', taken: 'yes', effects: [] },
  ])
})

test('a trace is told newest first, with the time between steps and how long the purchase took', () => {
  const { tell, took } = require('./lib/trace.js')
  const lines = [
    { at: 100, event: 'Restore', state: 'Idle' },
    { at: 5000, event: 'Start', state: 'Recording', effects: ['Save'] },
    { at: 5085, event: 'Stored', state: 'SigningIn' },
    { at: 17_430, event: 'Called', about: { status: 200, body: { state: 'paid' } }, state: 'Paid' },
    { at: 90_000, event: 'Slept', state: 'Paid', taken: 'stale' },
  ].map((line) => JSON.stringify(line))
  const told = tell(lines, TEXTS.zh.inspector, 4)
  assert.deepEqual(told.map((/** @type {any} */ { since, happened, state }) => [since, happened, state]), [
    ['+1 min 12 s', '等待结束', '已支付'],
    ['+12.3 s', '服务器回答', '已支付'],
    ['+85 ms', '存储已写好', '登录'],
    ['+4.9 s', '点了“支付”', '记下购买'],
  ])
  assert.equal(took(lines), '12.4 s')
  assert.equal(took([lines[0]]), '')
})

test('a time of the server is shown as it was there', () => {
  const { when } = require('./lib/when.js')
  assert.equal(when('2026-01-01T08:30:59+08:00'), '2026-01-01 08:30')
  const { zone } = require('./lib/when.js')
  assert.deepEqual(['2026-01-01T08:30:59+08:00', '2026-01-01T08:30:59-03:30', '2026-01-01T08:30:59Z', ''].map(zone), ['UTC+8', 'UTC-3:30', '', ''])
  assert.equal(when(''), '')
  assert.equal(when(undefined), '')
})

test('the shop is small: under 200 KB without the checkout, each icon under 2 KB', () => {
  const sizes = ownFiles().map((path) => ({ path, size: statSync(join(SHOP, path)).size }))
  assert.ok(sizes.reduce((sum, { size }) => sum + size, 0) < 200_000)
  for (const { path, size } of sizes.filter((one) => one.path.endsWith('.png'))) assert.ok(size < 2048, path)
})

test('no page reaches out for a picture, a font or a script', () => {
  for (const path of ownFiles().filter((one) => /\.(wxss|wxml|js)$/.test(one) && one !== 'config.js')) {
    assert.doesNotMatch(readFileSync(join(SHOP, path), 'utf8'), /https?:\/\/|@import|@font-face|<image/, path)
  }
})

test('scripts call nothing that old phones lack and a compiler does not bring', () => {
  for (const path of ownFiles().filter((one) => one.endsWith('.js'))) {
    assert.doesNotMatch(readFileSync(join(SHOP, path), 'utf8'), /\.(includes|flatMap|flat|padStart|padEnd|replaceAll|at|finally|matchAll)\(|Object\.(entries|values|fromEntries)|globalThis|\bIntl\b|BigInt/, path)
  }
})

test('style sheets keep to what old phones have', () => {
  for (const path of ownFiles().filter((one) => one.endsWith('.wxss'))) {
    const css = readFileSync(join(SHOP, path), 'utf8').replace(/\/\*.*?\*\//gs, '')
    assert.doesNotMatch(css, /:has\(|:is\(|:where\(|(^|[^-\w])gap:|aspect-ratio|inset:|clamp\(|min\(|max\(|backdrop-filter|display: grid/, path)
    // Fingers and text grow with the screen.
    assert.doesNotMatch(css.replace(/100vh/g, ''), /\d(px|vw|vh)\b/, path)
  }
})

test('every page is drawn in the colours of light and dark, which can be read', () => {
  const css = readFileSync(join(SHOP, 'app.wxss'), 'utf8')
  const [light, dark] = css.split('@media (prefers-color-scheme: dark)').map((part) => Object.fromEntries([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour])))
  assert.deepEqual(Object.keys(dark), Object.keys(light))
  const pairs = [['text', 'background'], ['text', 'surface'], ['text', 'raised'], ['soft', 'background'], ['soft', 'surface'], ['soft', 'raised'], ['accent', 'background'], ['accent', 'surface'], ['accent', 'accent-soft'], ['on-accent', 'accent'], ['warn', 'surface'], ['warn', 'warn-soft']]
  for (const scheme of [light, dark]) for (const [front, back] of pairs) assert.ok(contrast(scheme[front], scheme[back]) >= 4.5, `${front} on ${back}: ${contrast(scheme[front], scheme[back])}`)
  for (const path of ownFiles().filter((one) => one.endsWith('.wxss') && one !== 'app.wxss')) {
    const own = readFileSync(join(SHOP, path), 'utf8').match(/#[0-9a-f]{3,6}\b/gi) ?? []
    // The seal beside the shop's name has colours of its own.
    assert.deepEqual(own, path === 'pages/index/index.wxss' ? ['#8c2f23', '#ffffff'] : [], path)
  }
  for (const { from, to } of require('./catalogue.js')) for (const back of [from, to]) assert.ok(contrast('#ffffff', back) >= 3, `${back}: a large sign`)
})

test('the bars have both themes, with the colours of the pages', () => {
  const theme = JSON.parse(readFileSync(join(SHOP, 'theme.json'), 'utf8'))
  const app = readFileSync(join(SHOP, 'app.json'), 'utf8')
  for (const [, name] of app.matchAll(/"@(\w+)"/g)) assert.ok(theme.light[name] && theme.dark[name], name)
  for (const scheme of [theme.light, theme.dark]) for (const colour of [scheme.tabText, scheme.accent]) assert.ok(contrast(colour, scheme.barBackground) >= 4.5, colour)
})

test('the project opens in WeChat DevTools: a test appid, npm by hand, domains unchecked', () => {
  const project = JSON.parse(readFileSync(join(SHOP, 'project.config.json'), 'utf8'))
  assert.equal(project.compileType, 'miniprogram')
  assert.equal(project.appid, 'touristappid')
  assert.equal(project.setting.urlCheck, false)
  const ignored = project.packOptions.ignore.map((/** @type {any} */ { value }) => value)
  assert.deepEqual(ignored, ['README.md'])
})

/** WCAG's contrast ratio. @param {string} one @param {string} other */
function contrast(one, other) {
  const light = (/** @type {string} */ colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

test('the newest 50 orders are remembered', (t) => {
  const kept = new Map()
  const scope = /** @type {any} */ (globalThis)
  scope.wx = { getStorageSync: (/** @type {string} */ key) => kept.get(key) ?? '', setStorageSync: (/** @type {string} */ key, /** @type {any} */ value) => void kept.set(key, structuredClone(value)) }
  t.after(() => delete scope.wx)
  const orders = require('./lib/orders.js')
  for (let number = 1; number <= 51; number += 1) orders.note({ orderId: `o${number}`, amount: 1 })
  assert.equal(kept.get('orders').length, 50)
  assert.deepEqual([orders.find('o1'), orders.find('o2').orderId, orders.find('o51').orderId], [undefined, 'o2', 'o51'])
})
