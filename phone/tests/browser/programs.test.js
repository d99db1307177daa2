// @ts-check
// Mini programs that are wrong, that are nobody's of this project, and that look for a way out.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'node:test'
import { program } from '../support.js'
import { openPage, sitDown } from './support.js'

const TEAHOUSE = fileURLToPath(new URL('../teahouse', import.meta.url))
const HOSTILE = fileURLToPath(new URL('../hostile', import.meta.url))

/** A file of the program, what is wrong with it, and what the screen says of it. @type {[string, string, string, RegExp][]} */
const WRONG = [
  ['app.json', '{ "pages": ["pages/gone/gone"] }', 'app.json', /pages\/gone\/gone\.js is missing/],
  ['app.json', '{\n  "pages": []\n}', 'app.json', /at least one page/],
  ['app.json', '{\n  "pages": [,]\n}', 'app.json:2', /not JSON/],
  ['pages/index/index.wxml', '<view>\n  <text>\n</view>', 'pages/index/index.wxml:2', /missing end tag/],
  ['pages/index/index.wxml', '<view>\n\n  <map longitude="1" />\n</view>', 'pages/index/index.wxml:3', /<map> is not there/],
  ['pages/index/index.wxml', '<wxs module="m">\nmodule.exports = function ( {\n</wxs>\n<view>{{m()}}</view>', 'pages/index/index.wxml:3', /WXS: /],
  ['app.wxss', '.a { color: red; }\n.b {', 'app.wxss:2', /Unclosed block/],
  ['pages/index/index.js', 'Page({\n  data: {,}\n})', 'pages/index/index.js:2', /Unexpected ","|Expected/],
  ['pages/index/index.js', 'Page({\n  onLoad() {\n    throw new Error("no water")\n  },\n})', 'pages/index/index.js:3', /no water/],
  ['pages/index/index.json', '{ "usingComponents": { "badge": "/components/gone/gone" } }', 'pages/index/index.json', /component "badge".*is missing/],
  ['app.js', 'require("./gone")\nApp({})', 'app.js:1', /cannot find the module "\.\/gone"/],
]
for (const [file, text, place, what] of WRONG) {
  test(`${place}, ${what.source.slice(0, 30)}: named on the phone's screen; mended, it runs`, async (t) => {
    const directory = program(t, { [file]: text })
    const person = await sitDown(t, await openPage(directory), 'desktop')
    await person.sees('小程序无法运行')
    assert.equal(await person.page.locator('#fault-place').innerText(), place)
    assert.match(await person.page.locator('#fault-text').innerText(), what)
    if (/:\d/.test(place)) assert.equal(await person.page.locator('#fault-source .here').count(), 1)
    if (file === 'app.wxss') {
      await person.photograph('fault')
      assert.deepEqual(await person.axe(), [])
    }
    // The page lives on: its buttons do what they say.
    await person.press('airplane')
    assert.match((await person.timeline()).join('\n'), /飞行模式：开/)
    writeFileSync(join(directory, 'app.json'), '{ "pages": ["pages/index/index", "pages/next/next"] }')
    writeFileSync(join(directory, 'app.js'), 'App({})')
    writeFileSync(join(directory, 'app.wxss'), '')
    writeFileSync(join(directory, 'pages/index/index.json'), '{}')
    writeFileSync(join(directory, 'pages/index/index.wxml'), '<view>mended</view>')
    writeFileSync(join(directory, 'pages/index/index.js'), 'Page({})')
    await person.press('fault-reload')
    await person.reads('mended')
  })
}

test('what goes wrong while the program is loaded is on the screen, and can be tried again', async (t) => {
  const person = await sitDown(t, await openPage(program(t)), 'desktop')
  await person.reads('count 0')
  await person.press('kill')
  await person.page.route('**/runtime.js', (route) => route.fulfill({ body: '({ start() { throw new Error("spilt") } })' }))
  await person.press('home-open')
  await person.sees('小程序无法运行')
  assert.equal(await person.page.locator('#fault-text').innerText(), 'spilt')
  await person.page.unroute('**/runtime.js')
  await person.press('fault-reload')
  await person.reads('count 0')
})

test('a page that throws in onLoad later is a screen of its own; the app goes on behind it', async (t) => {
  const person = await sitDown(t, await openPage(program(t, { 'pages/next/next.js': 'Page({\n  onLoad() {\n    missing()\n  },\n})' })), 'desktop')
  await person.tapOn(person.shop.getByText('next page'))
  await person.sees('页面出错了')
  assert.equal(await person.page.locator('#fault-place').innerText(), 'pages/next/next.js:3')
  await person.press('fault-go-on')
  await person.press('back')
  await person.reads('count 0')
})

test('an error in a handler is a line over the page, which goes on', async (t) => {
  const person = await sitDown(t, await openPage(program(t)), 'desktop')
  await person.tap('boom')
  await person.sees('pages/index/index.js:13')
  await person.press('banner-close')
  await person.tap('add')
  await person.reads('count 1')
})

for (const size of /** @type {const} */ (['desktop', '360'])) {
  test(`${size}: an ordinary shop of somebody else's runs`, async (t) => {
    const person = await sitDown(t, await openPage(TEAHOUSE), size)
    await person.reads('LONGJING')
    await person.tap('more')
    await person.reads('cups 2')
    await person.photograph('teahouse')
    await person.tap('sizes')
    await person.tapOn(person.page.getByRole('button', { name: 'large' }))
    await person.reads('size 1')
    await person.tap('ask')
    await person.page.locator('#modal-input').fill('An')
    await person.page.keyboard.press('Tab')
    await person.tapOn(person.page.getByRole('button', { name: '确定' }))
    await person.reads('hello An')
    await person.tap('measure')
    await person.reads(/list \d+/)
    await person.tap('fetch')
    await person.reads('request:fail url not in domain list')
    await person.tapOn(person.page.locator('#tabs').getByRole('button', { name: 'Mine' }))
    await person.shop.getByRole('textbox').first().fill('Bo')
    await person.tapOn(person.shop.getByRole('checkbox', { name: 'honey' }).or(person.shop.getByText('honey')).first())
    await person.tap('send')
    await person.reads('"who":"Bo"')
    await person.reads('"with":["honey"]')
    await person.photograph('teahouse-form')
    assert.deepEqual(await person.axe(), [])
  })

  test(`${size}: page code finds no way to the browser`, async (t) => {
    const person = await sitDown(t, await openPage(HOSTILE), size)
    // A narrow screen zooms to a field, and the next touch would be somewhere else.
    if (size === 'desktop') {
      await person.shop.getByRole('textbox').fill('x')
      await person.press('airplane')
    }
    await person.tapOn(person.shop.locator('.dig'))
    await person.reads('walked')
    assert.deepEqual(await person.texts('.found'), ['walked far', 'nothing'])
    assert.equal(await person.page.evaluate('typeof leak'), 'undefined')
    // What the attempts left on the console: a picture that is not there, and refusals of the policy.
    person.faults = person.faults.filter((fault) => !/Content Security Policy|404/.test(fault))
  })
}

test('the one that looks for a way out would find one', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'wx-phone-hostile-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  cpSync(HOSTILE, directory, { recursive: true })
  const page = join(directory, 'page/page.js')
  // What an object of another realm looks like: its own Function, which still makes code.
  writeFileSync(page, readFileSync(page, 'utf8').replace("attempt('face'", "later.push(['planted', { deep: { down: { constructor: { constructor: () => () => 'object' } } } }])\n    attempt('face'"))
  const person = await sitDown(t, await openPage(directory), 'desktop')
  await person.tapOn(person.shop.locator('.dig'))
  await person.reads('walked')
  assert.match((await person.texts('.found'))[1], /^later\..*\.deep\.down makes code$/)
  person.faults = []
})

test('10 MB are kept over a kill and a reload; more is refused in WeChat\'s words', async (t) => {
  const person = await sitDown(t, await openPage(program(t, {
    'pages/index/index.wxml': '<view>sum {{sum}}</view><button bindtap="fill">fill</button><view>{{refused}}</view>',
    'pages/index/index.js': `Page({
      data: { sum: 0, refused: '' },
      onLoad() { this.setData({ sum: wx.getStorageInfoSync().keys.map(key => wx.getStorageSync(key).length).reduce((a, b) => a + b, 0) }) },
      fill() {
        const almost = 'x'.repeat(1048000)
        for (let i = 0; i < 10; i += 1) wx.setStorageSync('k' + i, almost)
        this.onLoad()
        try { wx.setStorageSync('one more', almost) } catch (error) { this.setData({ refused: error.message }) }
      },
    })`,
  })), 'desktop')
  await person.reads('sum 0')
  await person.tap('fill')
  await person.reads('sum 10480000')
  await person.reads('setStorageSync:fail exceed storage max size 10Mb')
  await person.press('kill')
  await person.press('home-open')
  await person.reads('sum 10480000')
  await person.page.reload()
  await person.reads('sum 10480000')
  await person.press('clear')
  await person.page.reload()
  await person.reads('sum 0')
})

test('what was written in the moment before a reload is there after it', async (t) => {
  const person = await sitDown(t, await openPage(program(t, {
    'pages/index/index.wxml': '<view>kept {{kept}}</view><button bindtap="keep">keep</button>',
    'pages/index/index.js': `Page({
      onLoad() { this.setData({ kept: wx.getStorageSync('kept') }) },
      keep() { for (let i = 1; i <= 50; i += 1) wx.setStorageSync('kept', i); this.onLoad() },
    })`,
  })), 'desktop')
  await person.tap('keep')
  await person.page.reload()
  await person.reads('kept 50')
})
