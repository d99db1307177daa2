// @ts-check
import { device } from './host.js'
import { closeSheet, openSheet } from './sheet.js'
import { Timeline } from './timeline.js'

const WECHAT_EVERY_MS = 1000

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id))
const timeline = new Timeline($('timeline'))
/** @type {{frame: HTMLIFrameElement, control: any} | undefined} */
let running

/** Starts the mini program in a realm of its own: a fresh iframe. */
async function launch() {
  kill()
  $('off').hidden = true
  const frame = document.createElement('iframe')
  frame.title = '小程序 mini program'
  frame.src = '/frame.html'
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  $('screen').prepend(frame)
  const [compiled, runtimeSource] = await Promise.all([fetch('/program.json').then((answer) => answer.json()), fetch('/runtime.js').then((answer) => answer.text()), loaded])
  if (compiled.error) return crashed(frame, compiled.error)
  const runtime = /** @type {any} */ (frame.contentWindow).eval(runtimeSource)
  timeline.add({ event: 'phone', did: '打开小程序 opened the app' })
  const outcome = JSON.parse(runtime.start(JSON.stringify(compiled.program), hostFor(frame)))
  if (!outcome.ok) return crashed(frame, `${outcome.file}${outcome.line === undefined ? '' : `:${outcome.line}`}: ${outcome.message}`)
  running = { frame, control: runtime.control() }
}

/** The process is gone: its realm goes with everything in it. Storage stays. */
function kill() {
  closeSheet()
  $('modal').hidden = true
  $('toast').hidden = true
  for (const frame of document.querySelectorAll('iframe')) frame.remove()
  running = undefined
}

/** @param {string} text */
function showOff(text) {
  $('off-text').textContent = text
  $('off').hidden = false
  $('title').textContent = ''
  $('back').hidden = true
  $('tabs').replaceChildren()
  $('launch').focus()
}

function killAndShow() {
  kill()
  timeline.add({ event: 'phone', did: '应用被杀 the app was killed' })
  showOff('应用已被杀。The app was killed.')
}

/** @param {HTMLIFrameElement} frame @param {string} message */
function crashed(frame, message) {
  frame.remove()
  timeline.add({ event: 'error', message })
  showOff(message)
}

/** @param {HTMLIFrameElement} frame @returns {import('../../runtime/host.js').Host} */
function hostFor(frame) {
  return {
    ...device,
    openSheet: (params) => openSheet({ ...params }, killAndShow),
    device: () => ({ width: frame.clientWidth, height: frame.clientHeight, pixelRatio: devicePixelRatio, language: 'zh_CN', theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light' }),
    report: (event) => timeline.add(JSON.parse(JSON.stringify(event))),
    ui: { bar: showBar, toast: showToast, modal: showModal },
  }
}

/** @param {{title: string, canGoBack: boolean, tabs: {text: string, path: string, selected: boolean}[]}} bar */
function showBar({ title, canGoBack, tabs }) {
  $('title').textContent = title
  $('back').hidden = !canGoBack
  $('tabs').replaceChildren(...tabs.map(({ text, path, selected }) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = text
    if (selected) button.setAttribute('aria-current', 'page')
    button.onclick = () => running?.control.switchTab(path)
    return button
  }))
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer

/** @param {{title: string, icon: string, duration: number} | null} toast */
function showToast(toast) {
  clearTimeout(toastTimer)
  $('toast').hidden = toast === null
  if (toast === null) return
  $('toast').textContent = toast.title
  if (toast.duration > 0) toastTimer = setTimeout(() => { $('toast').hidden = true }, toast.duration)
}

/** @param {{title: string, content: string, buttons: string[]}} modal @returns {Promise<string>} */
function showModal({ title, content, buttons }) {
  $('modal-title').textContent = title
  $('modal-text').textContent = content
  $('modal').hidden = false
  return new Promise((resolve) => {
    $('modal-choices').replaceChildren(...buttons.map((text) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = text
      button.onclick = () => {
        $('modal').hidden = true
        resolve(text)
      }
      return button
    }))
    $('modal-choices').querySelector('button')?.focus()
  })
}

async function followWeChat() {
  try {
    timeline.addWeChat(await (await fetch('/wechat-events')).json())
  } catch {
    // The demo was stopped: the page stays readable as it is.
  }
  setTimeout(followWeChat, WECHAT_EVERY_MS)
}

$('launch').onclick = launch
$('kill').onclick = killAndShow
$('save').onclick = () => timeline.save()
$('back').onclick = () => running?.control.back()
launch()
followWeChat()
