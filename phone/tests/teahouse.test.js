import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import test from 'node:test'
import { parseRoutes } from '../hosts/net.js'
import { boot, serve } from './support.js'

// An ordinary shop that knows nothing of this project: tab bar, components with slots and behaviors, wxs,
// templates, a form.
const TEAHOUSE = fileURLToPath(new URL('teahouse', import.meta.url))
const said = ({ phone }) => phone.window.document.querySelector('.phone-page:not([hidden]) .said').textContent

test('components with properties, events, slots and behaviors; templates and wxs', (t) => {
  const { screen } = boot(t, TEAHOUSE)
  assert.match(screen.text, /LONGJING/)
  assert.match(screen.text, /pu er ¥198\.00/)
  for (let taps = 0; taps < 5; taps += 1) screen.tap('+')
  assert.match(screen.text, /cups 3, slide 0/)
})

test('the bars are as app.json says', (t) => {
  const { phone } = boot(t, TEAHOUSE)
  assert.equal(phone.bar.background, '#3f2b20')
  assert.equal(phone.bar.textStyle, 'white')
  assert.deepEqual(phone.bar.tabs.map(({ text, selected }) => [text, selected]), [['Menu', true], ['Mine', false]])
})

test('a form hands over every field by its name, and empties them', (t) => {
  const booted = boot(t, TEAHOUSE)
  const { phone, screen } = booted
  screen.tap('Mine')
  const { document, Event } = phone.window
  for (const [tag, value] of [['input', 'An'], ['textarea', 'hot']]) {
    const field = document.querySelector(`.phone-page:not([hidden]) ${tag}`)
    field.value = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  screen.tap('milk')
  screen.tap('honey')
  assert.equal(said(booted), 'milk+honey')
  screen.tap('large')
  screen.tap('news')
  screen.tap('send')
  assert.deepEqual(JSON.parse(said(booted)), { who: 'An', wish: 'hot', with: ['milk', 'honey'], size: 'large', news: true, table: 0 })
  screen.tap('empty')
  assert.equal(said(booted), 'empty')
  screen.tap('send')
  assert.deepEqual(JSON.parse(said(booted)), { who: '', wish: '', with: [], size: '', news: false, table: 0 })
})

test('a picker and an action sheet offer their items', async (t) => {
  const booted = boot(t, TEAHOUSE)
  const { phone, screen } = booted
  screen.tap('sizes')
  await screen.until('the sheet', () => phone.modal)
  assert.deepEqual(phone.modal.buttons, ['small', 'large', '取消'])
  screen.tap('large')
  await screen.until('the answer', () => said(booted) === 'size 1')
  screen.tap('sizes')
  await screen.until('the sheet', () => phone.modal)
  screen.tap('取消')
  await screen.until('the answer', () => said(booted) === 'showActionSheet:fail cancel')
  screen.tap('Mine')
  screen.tap('table none')
  await screen.until('the sheet', () => phone.modal)
  screen.tap('door')
  await screen.untilText('table door')
})

test('a request goes out by its route', async (t) => {
  const routes = parseRoutes([`https://tea.example.com=${await serve(t, (_, response) => response.end('{"today":"oolong"}'))}`])
  const booted = boot(t, TEAHOUSE, { routes })
  booted.screen.tap('fetch')
  await booted.screen.until('the answer', () => said(booted) === 'oolong')
})

test('ten pages at most', async (t) => {
  const booted = boot(t, TEAHOUSE)
  booted.screen.tap('goods')
  for (let pages = 3; pages <= 11; pages += 1) booted.screen.tap('again')
  await booted.screen.until('the refusal', () => said(booted) === 'navigateTo:fail webview count limit exceed')
})

test('what is not there refuses with its name, and the app hears of it', (t) => {
  const { screen, events } = boot(t, TEAHOUSE)
  screen.tap('scan')
  const { message, file, line } = events.find(({ event }) => event === 'error')
  assert.match(message, /wx\.scanCode is not there/)
  assert.deepEqual([file, line], ['pages/index/index.js', 22])
})

test('a page that throws in onLoad is reported with its line, and the app goes on', async (t) => {
  const { program } = await import('./support.js')
  const { screen, events } = boot(t, program(t, { 'pages/next/next.js': 'Page({\n  onLoad() {\n    throw new Error("no water")\n  },\n})' }))
  screen.tap('next page')
  assert.deepEqual(events.find(({ event }) => event === 'error'), { event: 'error', file: 'pages/next/next.js', line: 3, message: 'Error: no water', opening: true })
  assert.match(screen.text, /came from/)
})

test('the app hears of errors, rejections, theme and the background', async (t) => {
  const booted = boot(t, TEAHOUSE)
  const { phone, screen } = booted
  screen.tap('scan')
  phone.control.rejected(new Error('cold'))
  phone.control.theme('dark')
  phone.control.hide()
  phone.control.show()
  screen.tap('heard')
  await screen.until('what it heard', () => said(booted) !== '')
  assert.equal(said(booted), 'launch pages/index/index; show; error Error: wx.scanCode is not there: this simulated phone does not have it (ask wx.canIUse first); rejection cold; theme dark; hide; show')
})
