// @ts-check
import { launch as start, sourceOf } from './app.js'
import { createChrome, showStatus } from './chrome.js'
import { cover } from './cover.js'
import { device, house, network } from './host.js'
import { closeSheet, openSheet, setSheetAway } from './sheet.js'
import { applyTexts, language, switchLanguage, texts } from './texts.js'
import { Timeline } from './timeline.js'

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id))
const dark = matchMedia('(prefers-color-scheme: dark)')
const timeline = new Timeline({ list: $('timeline'), filters: $('filters'), count: $('count'), empty: $('empty') }, house.seen)
const chrome = createChrome({ switchTab: (path) => attempt((control) => control.switchTab(path)) })

/** @type {{frame: HTMLIFrameElement, control: any} | undefined} */
let running
/** Where the app is. @typedef {'starting' | 'front' | 'hidden' | 'killed' | 'cleared' | 'failed'} Life */
/** @type {Life} */
let life = 'starting'
let launches = 0

const did = (/** @type {string} */ what) => timeline.add({ event: 'phone', did: what })

async function launch() {
  bury()
  const mine = ++launches
  setLife('starting')
  did('opened')
  const opened = await start({ screen: $('screen'), title: texts().program, host: hostFor, isWanted: () => mine === launches })
    .catch((error) => ({ fault: { message: String(error?.message ?? error) } }))
  if (!opened || mine !== launches) return
  if ('fault' in opened) {
    timeline.add({ event: 'error', ...opened.fault, source: undefined })
    return showFault(opened.fault, false)
  }
  running = opened
  setLife('front')
}

/** The process is gone: its realm goes with everything in it. Storage stays. */
function bury() {
  launches += 1
  closeSheet()
  chrome.clear()
  network.cut()
  hideFault()
  $('screen').replaceChildren()
  running = undefined
}

function kill() {
  bury()
  did('killed')
  setLife('killed')
}

function sendToBackground() {
  if (life !== 'front') return
  did('hidden')
  setLife('hidden')
  network.hidden()
  attempt((control) => control.hide())
}

function fetchToFront() {
  did('shown')
  setLife('front')
  network.shown()
  attempt((control) => control.show())
}

/** @param {boolean} on */
function setAirplane(on) {
  if (network.airplane === on) return
  network.setAirplane(on)
  did(on ? 'airplaneOn' : 'airplaneOff')
  showNetwork()
}

/** @param {boolean} on */
function setSlow(on) {
  network.slow = on
  did(on ? 'slowOn' : 'slowOff')
  showNetwork()
}

function showNetwork() {
  $('airplane').setAttribute('aria-pressed', String(network.airplane))
  $('slow').setAttribute('aria-pressed', String(network.slow))
  showStatus()
  attempt((control) => control.network(network.type))
}

function clearStorage() {
  bury()
  device.storage.clear()
  did('cleared')
  setLife('cleared')
}

/** @param {Life} now */
function setLife(now) {
  const had = life
  life = now
  const t = texts()
  const away = now === 'hidden' || now === 'killed' || now === 'cleared'
  $('home').hidden = !away
  cover('life', now !== 'front')
  $('kill').textContent = running || now === 'starting' ? t.kill : t.open
  $('background').textContent = now === 'hidden' ? t.foreground : t.background
  ;/** @type {HTMLButtonElement} */ ($('background')).disabled = now !== 'front' && now !== 'hidden'
  setSheetAway(away)
  chrome.setAway(away)
  if (!away) return
  $('home-title').textContent = t[now]
  $('home-note').textContent = t[`${now}Note`]
  $('home-open').textContent = now === 'hidden' ? t.foreground : t.open
  $('app-icon').textContent = [...house.name][0] ?? ''
  // Not when the page's own button was pressed: the keyboard stays where it is.
  if (had !== now && ($('phone').contains(document.activeElement) || document.activeElement === document.body)) $('home-open').focus()
}

/** @param {import('./app.js').Fault} fault @param {boolean} livesOn whether the app goes on behind it */
function showFault({ file, line, message, source }, livesOn) {
  const t = texts()
  $('fault-title').textContent = livesOn ? t.pageFailed : t.failed
  $('fault-place').textContent = file ? `${file}${line ? `:${line}` : ''}` : ''
  $('fault-text').textContent = message
  $('fault-source').hidden = !source
  $('fault-source').replaceChildren(...(source?.lines ?? []).map((text, at) => {
    const row = document.createElement('span')
    const number = (source?.first ?? 1) + at
    row.className = number === line ? 'here' : ''
    row.textContent = `${String(number).padStart(4)}  ${text}\n`
    return row
  }))
  $('fault-go-on').hidden = !livesOn
  $('fault').hidden = false
  if (!livesOn) {
    chrome.clear()
    setLife('failed')
  }
  cover('fault', true)
  if ($('phone').contains(document.activeElement) || document.activeElement === document.body) $('fault-title').focus()
}

function hideFault() {
  $('fault').hidden = true
  cover('fault', false)
}

/** @param {HTMLIFrameElement} frame */
function hostFor(frame) {
  return {
    openSheet: (/** @type {Record<string, string>} */ params) => openSheet({ ...params }, { kill, loseNetwork: () => setAirplane(true), did }),
    device: () => ({ width: frame.clientWidth, height: frame.clientHeight, pixelRatio: devicePixelRatio, language: language() === 'en' ? 'en' : 'zh_CN', theme: dark.matches ? 'dark' : 'light' }),
    report: (/** @type {Record<string, any>} */ event) => {
      timeline.add(event)
      if (event.event === 'error') tellError(event)
    },
    ui: chrome,
  }
}

/** What page code threw: a page that could not open is a screen of its own, the rest a line over the page. @param {Record<string, any>} event */
async function tellError({ file, line, message, opening }) {
  if (opening) return showFault({ file, line, message, source: await sourceOf({ file, line }) }, true)
  $('banner-place').textContent = file ? `${file}${line ? `:${line}` : ''}` : ''
  $('banner-text').textContent = message
  $('banner').hidden = false
}

/** @param {(control: any) => void} run what the person does; page code may throw meanwhile */
function attempt(run) {
  if (running) run(running.control)
}

async function followWeChat() {
  try {
    const answer = await fetch(`/wechat-events?after=${timeline.seenOfWeChat}`)
    if (!answer.ok) return
    timeline.addWeChat(await answer.json())
    setTimeout(followWeChat, 50)
  } catch {
    // The demo was stopped: the page stays readable as it is.
  }
}

function drawTexts() {
  applyTexts()
  timeline.draw()
  showStatus()
  setLife(life)
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('.views [data-view]'))) {
  button.onclick = () => {
    document.body.dataset.view = button.dataset.view
    for (const one of document.querySelectorAll('.views [data-view]')) one.setAttribute('aria-pressed', String(one === button))
    // While it was hidden it could not follow.
    if (button.dataset.view === 'timeline') $('timeline').scrollTop = $('timeline').scrollHeight
  }
}
$('language').onclick = () => {
  switchLanguage()
  drawTexts()
}
$('kill').onclick = () => (running || life === 'starting' ? kill() : launch())
$('background').onclick = () => (life === 'hidden' ? fetchToFront() : sendToBackground())
$('to-home').onclick = sendToBackground
$('home-open').onclick = () => (life === 'hidden' ? fetchToFront() : launch())
$('airplane').onclick = () => setAirplane(!network.airplane)
$('slow').onclick = () => setSlow(!network.slow)
$('clear').onclick = clearStorage
$('save').onclick = () => timeline.save()
$('back').onclick = () => attempt((control) => control.back())
$('fault-reload').onclick = launch
$('fault-go-on').onclick = hideFault
$('banner-close').onclick = () => { $('banner').hidden = true }
dark.addEventListener('change', () => attempt((control) => control.theme(dark.matches ? 'dark' : 'light')))
device.storage.onTrouble((message) => timeline.add({ event: 'error', message }))
setInterval(showStatus, 5_000)
drawTexts()
launch()
followWeChat()
