import assert from 'node:assert/strict'
import test from 'node:test'
import { FIXTURE, boot, program } from './support.js'

test('a page is drawn, tapped and drawn again', (t) => {
  const { screen } = boot(t, FIXTURE)
  screen.tap('add')
  screen.tap('add')
  assert.match(screen.text, /^Start\ncount 2/)
})

test('a disabled button does nothing', (t) => {
  const { screen } = boot(t, FIXTURE)
  screen.tap(/^never$/)
  assert.match(screen.text, /count 0/)
})

test('page code sees nothing that a phone lacks', (t) => {
  const { screen } = boot(t, FIXTURE)
  screen.tap('probe')
  assert.match(screen.text, /line nothing/)
})

test('a component gets its property and reports an event', (t) => {
  const { screen } = boot(t, FIXTURE)
  screen.tap('add')
  screen.tap('badge 1')
  assert.match(screen.text, /count 0/)
})

test('an input hands over what is typed', (t) => {
  const { phone, screen } = boot(t, FIXTURE)
  const input = phone.window.document.querySelector('wx-input input')
  input.value = '茶'
  input.dispatchEvent(new phone.window.Event('input', { bubbles: true }))
  assert.match(screen.text, /name 茶/)
})

test('pages open with their query, close, and show the one below again', (t) => {
  const { phone, screen } = boot(t, FIXTURE)
  screen.tap('next page')
  assert.match(screen.text, /came from index/)
  assert.equal(phone.bar.canGoBack, true)
  phone.control.back()
  assert.match(screen.text, /^Start/)
})

test('life cycle runs in order of WeChat', (t) => {
  const directory = program(t, {
    'pages/index/index.js': `
      const log = line => getApp().log.push(line)
      Page({ onLoad() { log('index load') }, onShow() { log('index show') }, onReady() { log('index ready') }, onHide() { log('index hide') },
        add() { wx.navigateTo({ url: '/pages/next/next' }) }, boom() { throw new Error(getApp().log.join(', ')) } })`,
    'pages/next/next.js': `
      const log = line => getApp().log.push(line)
      Page({ onLoad() { log('next load') }, onShow() { log('next show') }, onHide() { log('next hide') }, onUnload() { log('next unload') } })`,
    'app.js': `App({ log: [], onLaunch() { this.log.push('launch') }, onShow() { this.log.push('app show') }, onHide() { this.log.push('app hide') } })`,
  })
  const { phone, screen, events } = boot(t, directory)
  screen.tap('add')
  phone.control.hide()
  phone.control.show()
  phone.control.back()
  screen.tap('boom')
  const { message } = events.find((event) => event.event === 'error')
  assert.equal(message, 'Error: ' + [
    'launch', 'app show', 'index load', 'index show', 'index ready', 'index hide', 'next load', 'next show',
    'next hide', 'app hide', 'app show', 'next show', 'next unload', 'index show',
  ].join(', '))
})

test('an error in a handler is reported with its line and the page lives on', (t) => {
  const { screen, events } = boot(t, FIXTURE)
  screen.tap('boom')
  assert.deepEqual(events.find((event) => event.event === 'error'), { event: 'error', file: 'pages/index/index.js', line: 13, message: 'Error: boom in a handler' })
  screen.tap('add')
  assert.match(screen.text, /count 1/)
})

const THROWING = [
  ['onLoad', { 'pages/index/index.js': 'Page({\n  onLoad() {\n    throw new TypeError("no tea")\n  },\n})' }, 'pages/index/index.js:3: TypeError: no tea'],
  ['app.js', { 'app.js': 'App({})\nmissing()' }, 'app.js:2: ReferenceError: missing is not defined'],
  ['no App()', { 'app.js': '' }, 'app.js: Error: app.js does not call App()'],
  ['a missing module', { 'app.js': 'require("./gone")\nApp({})' }, 'app.js:1: Error: app.js: cannot find the module "./gone" (tried gone, gone.js, gone/index.js)'],
  ['no Page()', { 'pages/index/index.js': '' }, 'pages/index/index.js: calls neither Page() nor Component()'],
  ['an unknown tag', { 'pages/index/index.wxml': '<view />\n<map />' }, /^pages\/index\/index\.wxml:2: <map> is not there/],
]
for (const [name, files, expected] of THROWING) {
  test(`${name}: what is thrown at the start names file and line`, (t) => {
    assert.throws(() => boot(t, program(t, files)), (error) => {
      if (typeof expected === 'string') assert.equal(error.message, expected)
      else assert.match(error.message, expected)
      return error.started
    })
  })
}

test('modules are found beside the file and in miniprogram_npm', (t) => {
  const { screen } = boot(t, program(t, {
    'miniprogram_npm/tea/index.js': 'exports.name = require("./name")',
    'miniprogram_npm/tea/name.js': 'module.exports = "longjing"',
    'pages/index/index.js': 'const { name } = require("tea"); const history = 1; Page({ data: { name } })',
  }))
  assert.match(screen.text, /name longjing/)
})

test('a page that cannot be opened stops no other, and leaves nothing on the screen', (t) => {
  for (const [files, place] of /** @type {const} */ ([
    [{ 'pages/next/next.wxml': '<view>\n<map />\n</view>' }, 'pages/next/next.wxml:2'],
    [{ 'pages/next/next.js': '' }, 'pages/next/next.js:undefined'],
  ])) {
    const { phone, screen, events } = boot(t, program(t, files))
    for (const times of [1, 2]) {
      screen.tap('next page')
      const errors = events.filter(({ event, opening }) => event === 'error' && opening)
      assert.equal(errors.length, times)
      assert.equal(`${errors[0].file}:${errors[0].line}`, place)
    }
    assert.equal(phone.window.document.querySelectorAll('.phone-page').length, 1)
    screen.tap('add')
    assert.match(screen.text, /count 1/)
  }
})

test('a behavior lies in a file of its own', (t) => {
  const { screen } = boot(t, program(t, {
    'behaviors/priced.js': 'const named = require("./named"); module.exports = Behavior({ behaviors: [named], properties: { value: Number }, methods: { price() { return `${this.data.name} ${this.data.value * 2}` } } })',
    'behaviors/named.js': 'module.exports = Behavior({ data: { name: "tea" } })',
    'components/badge/badge.js': 'const priced = require("../../behaviors/priced"); Component({ behaviors: [priced], data: { shown: "" }, lifetimes: { attached() { this.setData({ shown: this.price() }) } } })',
    'components/badge/badge.wxml': '<view>{{shown}}</view>',
    'pages/index/index.wxml': '<badge value="{{4}}" />',
  }))
  assert.match(screen.text, /tea 8/)
})

test('a page and the one that it opened hear each other through the event channel', async (t) => {
  const { screen } = boot(t, program(t, {
    'pages/index/index.wxml': '<button bindtap="open">open</button>',
    'pages/index/index.js': `Page({ open() { wx.navigateTo({
      url: '/pages/next/next',
      events: { chosen(data) { getApp().heard.push('chosen ' + data.size) } },
      success: ({ eventChannel }) => { eventChannel.emit('offer', { sizes: 3 }); eventChannel.emit('offer', { sizes: 4 }) },
    }) } })`,
    'pages/next/next.wxml': '<view>{{heard}}</view>',
    'pages/next/next.js': `Page({ onLoad() {
      const channel = this.getOpenerEventChannel()
      channel.once('offer', ({ sizes }) => {
        channel.emit('chosen', { size: sizes - 1 })
        channel.emit('nobody listens', 1)
        this.setData({ heard: getApp().heard.join() + ' of ' + sizes })
      })
    } })`,
    'app.js': 'App({ heard: [] })',
  }))
  screen.tap('open')
  await screen.until('the answer', () => screen.text.includes('chosen 2 of 3'))
})

test('a page that no page opened has an event channel without another end', (t) => {
  const { screen } = boot(t, program(t, {
    'pages/index/index.wxml': '<view>{{said}}</view>',
    'pages/index/index.js': "Page({ onLoad() { this.getOpenerEventChannel().emit('x'); this.setData({ said: 'still here' }) } })",
  }))
  assert.match(screen.text, /still here/)
})

test('reLaunch unloads every page, also those of other tabs', (t) => {
  const pageOf = (name) => `const log = line => getApp().log.push('${name} ' + line)
    Page({ onHide() { log('hide') }, onUnload() { log('unload') },
      other() { wx.switchTab({ url: '/pages/next/next' }) }, again() { wx.reLaunch({ url: '/pages/index/index' }) }, boom() { throw new Error(getApp().log.join(', ')) } })`
  const buttons = '<button bindtap="other">other</button><button bindtap="again">again</button><button bindtap="boom">boom</button>'
  const { screen, events, phone } = boot(t, program(t, {
    'app.json': '{"pages":["pages/index/index","pages/next/next"],"tabBar":{"list":[{"pagePath":"pages/index/index","text":"a"},{"pagePath":"pages/next/next","text":"b"}]}}',
    'app.js': 'App({ log: [] })',
    'pages/index/index.js': pageOf('index'),
    'pages/index/index.wxml': buttons,
    'pages/next/next.js': pageOf('next'),
    'pages/next/next.wxml': buttons,
  }))
  for (const label of ['other', 'again', 'boom']) screen.tap(label)
  assert.equal(events.find(({ event }) => event === 'error').message, 'Error: index hide, next unload, index unload')
  assert.equal(phone.window.document.querySelectorAll('.phone-page').length, 1)
})

test('a tab that is tapped hears its place and its text', (t) => {
  const { phone, events } = boot(t, program(t, {
    'app.json': '{"pages":["pages/index/index","pages/next/next"],"tabBar":{"list":[{"pagePath":"pages/index/index","text":"a"},{"pagePath":"pages/next/next","text":"b"}]}}',
    'pages/next/next.js': 'Page({ onTabItemTap(item) { console.log(item) } })',
  }))
  phone.control.switchTab('pages/next/next')
  assert.deepEqual(JSON.parse(events.find(({ event }) => event === 'console').text), { index: 1, pagePath: 'pages/next/next', text: 'b' })
})

test('a button whose open-type is not there says so when it is tapped', (t) => {
  const { screen, events } = boot(t, program(t, { 'pages/index/index.wxml': '<button open-type="share">share</button>' }))
  screen.tap('share')
  assert.match(events.find(({ event }) => event === 'error').message, /<button open-type="share"> is not there/)
})
