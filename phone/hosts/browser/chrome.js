// @ts-check
// What WeChat draws around a page: navigation bar, tab bar, toast, modal, action sheet; and the phone's status bar.
import { Dialog } from './dialog.js'
import { network } from './host.js'
import { texts } from './texts.js'

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id))
const dialog = new Dialog($('modal-over'))

/** @param {{switchTab: (path: string) => void}} person */
export function createChrome(person) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let toastTimer
  /** @type {Promise<unknown>} */
  let asked = Promise.resolve()
  let generation = 0

  return {
    /** @param {import('../../runtime/host.js').Bar} bar */
    bar({ title, canGoBack, background, textStyle, tabs, tabStyle = {} }) {
      $('title').textContent = title
      $('back').hidden = !canGoBack
      const { style } = $('phone')
      style.setProperty('--bar', background)
      style.setProperty('--bar-text', textStyle === 'white' ? '#ffffff' : '#000000')
      style.setProperty('--tab-back', tabStyle.backgroundColor ?? '')
      style.setProperty('--tab-text', tabStyle.color ?? '')
      style.setProperty('--tab-selected', tabStyle.selectedColor ?? '')
      $('tabs').hidden = tabs.length === 0
      const held = $('tabs').contains(document.activeElement)
      $('tabs').replaceChildren(...tabs.map((tab) => tabButton(tab, person)))
      if (held) /** @type {HTMLElement | null} */ ($('tabs').querySelector('[aria-current]'))?.focus()
    },

    /** @param {{title: string, icon: string, duration: number} | null} toast */
    toast(toast) {
      clearTimeout(toastTimer)
      $('toast').replaceChildren()
      $('toast').className = 'toast'
      if (toast === null) return
      const icon = document.createElement('span')
      icon.className = `icon ${toast.icon}`
      icon.setAttribute('aria-hidden', 'true')
      const text = document.createElement('span')
      text.textContent = toast.title
      $('toast').className = toast.icon === 'none' ? 'toast shown' : 'toast shown square'
      $('toast').append(...(toast.icon === 'none' ? [text] : [icon, text]))
      if (toast.duration > 0) toastTimer = setTimeout(() => this.toast(null), toast.duration)
    },

    /** One after the other. @param {import('../../runtime/host.js').Modal} modal @returns {Promise<{button: string, text: string}>} */
    modal(modal) {
      const mine = generation
      const answer = asked.then(() => (mine === generation ? ask(modal) : new Promise(() => {})))
      asked = answer.catch(() => {})
      return answer
    },

    /** @param {boolean} away whether the app is not in front */
    setAway: (away) => dialog.setAway(away),

    /** The app is gone, and everything it had shown. */
    clear() {
      generation += 1
      asked = Promise.resolve()
      dialog.close()
      this.toast(null)
      $('title').textContent = ''
      $('back').hidden = true
      $('tabs').hidden = true
      $('banner').hidden = true
    },
  }
}

/** @param {import('../../runtime/host.js').Modal} modal @returns {Promise<{button: string, text: string}>} */
function ask({ kind, title, content, buttons, confirm, editable, placeholder }) {
  const input = /** @type {HTMLInputElement} */ ($('modal-input'))
  $('modal-over').className = kind === 'actions' ? 'over bottom' : 'over'
  $('modal').className = kind === 'actions' ? 'actions' : 'modal'
  $('modal').setAttribute('aria-label', title || content || buttons.join(', '))
  $('modal-title').textContent = title
  $('modal-title').hidden = title === ''
  $('modal-text').textContent = content
  $('modal-text').hidden = content === '' || editable === true
  input.hidden = editable !== true
  input.value = editable ? content : ''
  input.placeholder = placeholder ?? ''
  if (title) $('modal').setAttribute('aria-labelledby', 'modal-title')
  else $('modal').removeAttribute('aria-labelledby')
  return new Promise((resolve) => {
    const choose = (/** @type {string} */ button) => {
      dialog.close()
      resolve({ button, text: input.value })
    }
    $('modal-choices').replaceChildren(...buttons.map((text) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = text
      if (text === confirm) button.className = 'confirm'
      button.onclick = () => choose(text)
      return button
    }))
    const first = editable ? input : $('modal-choices').querySelector('.confirm') ?? $('modal-choices').querySelector('button')
    // Escape is what says no: the first button where there are two, the last of an action sheet.
    const no = kind === 'actions' ? buttons[buttons.length - 1] : buttons[0]
    dialog.open(/** @type {HTMLElement | null} */ (first), () => choose(no))
  })
}

/** @param {import('../../runtime/host.js').Bar['tabs'][number] & {icon?: string}} tab @param {{switchTab: (path: string) => void}} person */
function tabButton({ text, path, selected, badge, icon }, person) {
  const button = document.createElement('button')
  button.type = 'button'
  if (icon) {
    const image = document.createElement('img')
    image.src = `/package?path=${encodeURIComponent(icon)}`
    image.alt = ''
    button.append(image)
  }
  button.append(text)
  if (badge !== undefined) {
    const mark = document.createElement('span')
    mark.className = badge === '' ? 'dot' : 'badge'
    mark.textContent = badge
    button.append(mark)
  }
  if (selected) button.setAttribute('aria-current', 'page')
  button.onclick = () => person.switchTab(path)
  return button
}

const SIGNS = {
  wifi: '<svg viewBox="0 0 20 14" aria-hidden="true"><path d="M10 13.5 12.4 10.7a3.7 3.7 0 0 0-4.8 0zM5.3 8a7.2 7.2 0 0 1 9.4 0l1.7-2a9.8 9.8 0 0 0-12.8 0zM1.6 3.7a12.9 12.9 0 0 1 16.8 0L20 1.8a15.5 15.5 0 0 0-20 0z" fill="currentColor"/></svg>',
  '2g': '<span aria-hidden="true">2G</span>',
  none: '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 1.5c.9 0 1.5.8 1.5 2.2v3.8l7 4.2v2l-7-2.2v4l2 1.6v1.4L10 17.5l-3.5 1v-1.4l2-1.6v-4l-7 2.2v-2l7-4.2V3.7c0-1.4.6-2.2 1.5-2.2z" fill="currentColor"/></svg>',
}

export function showStatus() {
  const t = texts()
  const names = { wifi: t.wifi, '2g': t.slow, none: t.airplane }
  $('network').innerHTML = SIGNS[network.type]
  $('network').setAttribute('aria-label', names[network.type])
  const now = new Date()
  $('clock').textContent = `${now.getHours()}:${String(now.getMinutes()).padStart(2, '0')}`
}
