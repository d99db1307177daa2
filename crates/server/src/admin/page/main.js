// The shell: sign in, choose a view, switch the language. Views are in the address, the token never is.

import { get, setToken, token } from './api.js'
import { fill, h } from './dom.js'
import { lettersView } from './letters.js'
import { orderView } from './order.js'
import { ordersView } from './orders.js'
import { reportsView } from './reports.js'
import { problem, say } from './shell.js'
import { frozenView, overviewView } from './views.js'
import { current, switchLanguage, t } from './words.js'

const VIEWS = { '': overviewView, overview: overviewView, orders: ordersView, order: orderView, frozen: frozenView, letters: lettersView, reports: reportsView }
const view = document.getElementById('view')
// What is drawn may come late; only the last view that was asked for is shown.
let turn = 0

async function show({ focus }) {
  const mine = ++turn
  const [path, search] = location.hash.replace(/^#\/?/, '').split('?')
  const [name, id] = path.split('/').map(decoded)
  frame(name)
  if (token() === undefined || token() === null) return signIn()
  fill(view, h('p', { class: 'quiet-text' }, t('loading')))
  let drawn
  try {
    drawn = await (Object.hasOwn(VIEWS, name) ? VIEWS[name] : overviewView)({ id, query: new URLSearchParams(search), again: () => show({ focus: true }) })
  } catch (error) {
    if (mine !== turn) return
    if (error.code === 'unauthorized') {
      setToken(undefined)
      return signIn(error)
    }
    drawn = [h('h1', { tabindex: -1 }, t('title')), problem(error)]
  }
  if (mine !== turn) return
  fill(view, ...drawn)
  const title = view.querySelector('h1')
  document.title = `${title?.textContent ?? ''} · ${t('title')}`
  if (focus) title?.focus()
}

/** An address that somebody typed may be anything. */
function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function frame(name) {
  document.documentElement.lang = current()
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t)
  const language = document.getElementById('language')
  language.textContent = t('language')
  language.lang = current() === 'en' ? 'zh-CN' : 'en'
  const inside = token() !== undefined && token() !== null
  document.getElementById('nav').hidden = !inside
  document.getElementById('nav').setAttribute('aria-label', t('title'))
  document.getElementById('sign-out').hidden = !inside
  const here = name === '' ? 'overview' : name === 'order' ? 'orders' : name
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === here) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

function signIn(error) {
  frame('')
  const input = h('input', { id: 'token', type: 'password', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'token-hint' })
  const slot = h('div')
  const form = h('form', { class: 'sheet narrow' },
    h('h1', { tabindex: -1 }, t('signIn')), slot,
    h('label', { for: 'token' }, t('token')), input, h('p', { class: 'hint', id: 'token-hint' }, t('tokenHint')),
    h('div', { class: 'actions' }, h('button', { class: 'main' }, t('signIn'))))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    setToken(input.value.trim())
    try {
      await get('overview')
    } catch (refused) {
      setToken(undefined)
      fill(slot, problem(refused))
      input.select()
      input.focus()
      return
    }
    say('')
    show({ focus: true })
  })
  fill(view, form)
  document.title = `${t('signIn')} · ${t('title')}`
  if (error) fill(slot, problem(error))
  input.focus()
}

document.getElementById('language').addEventListener('click', () => {
  switchLanguage()
  say('')
  show({ focus: false })
})
document.getElementById('sign-out').addEventListener('click', () => {
  setToken(undefined)
  turn += 1
  say(t('signedOut'))
  signIn()
})
// An address of this page is a view, not a place in it.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault()
  ;(view.querySelector('h1') ?? view).focus()
})
addEventListener('hashchange', () => {
  say('')
  show({ focus: true })
})
show({ focus: false })
