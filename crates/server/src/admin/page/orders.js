// The list of orders: found by a number, or by state, newest first.

import { code, h, table, time, yuan } from './dom.js'
import { action, get } from './shell.js'
import { t } from './words.js'

const STATES = ['any', 'unresolved', 'paid', 'closed', 'frozen', 'stopped']
const COLOURS = { paid: 'good', frozen: 'bad', payable: 'warn', closing: 'warn', unknown: 'warn' }

/** A frozen order says so, and not that its state is unknown. */
export function badge(order) {
  const state = order.frozen && order.state === 'unknown' ? 'frozen' : order.state
  return h('span', { class: `badge ${COLOURS[state] ?? ''}` }, t(`state_${state}`))
}

export const orderLink = (id) => h('a', { href: `#/order/${encodeURIComponent(id)}` }, code(id))

export async function ordersView({ query }) {
  const find = query.get('find') ?? ''
  const state = STATES.includes(query.get('state')) ? query.get('state') : 'any'
  const page = await get(find ? `orders?${new URLSearchParams({ find })}` : `orders?${new URLSearchParams({ state })}`)
  const list = h('div', {}, results(page, find))
  return [h('h1', { tabindex: -1 }, t('orders')), form(find, state), list, find ? null : pager(page, state, list)]
}

function form(find, state) {
  const input = h('input', { id: 'find', type: 'search', name: 'find', value: find, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'find-hint' })
  const choose = h('select', { id: 'state', name: 'state' }, STATES.map((name) => h('option', { value: name, selected: name === state }, t(`state_${name}`))))
  choose.addEventListener('change', () => { location.hash = `#/orders?${new URLSearchParams({ state: choose.value })}` })
  const made = h('form', { class: 'search', role: 'search' },
    h('div', {}, h('label', { for: 'find' }, t('find')), input),
    h('button', { class: 'main' }, t('search')),
    h('div', { class: 'wide' }, h('label', { for: 'state' }, t('filter')), choose))
  made.addEventListener('submit', (event) => {
    event.preventDefault()
    const word = input.value.trim()
    const to = word ? `#/orders?${new URLSearchParams({ find: word })}` : '#/orders'
    if (location.hash === to) dispatchEvent(new Event('hashchange'))
    else location.hash = to
  })
  return [made, h('p', { class: 'hint', id: 'find-hint' }, t('findHint'))]
}

function results(page, find) {
  if (page.orders.length === 0) return h('p', { class: 'quiet-text' }, find ? t('foundNone', { word: find }) : t('none'))
  const caption = `${t(find ? 'found' : 'listed', { n: page.orders.length })} · ${t('beijing')}`
  return rows(caption, page.orders)
}

function rows(caption, orders) {
  return table(caption, [
    { title: t('order'), class: 'name', cell: (order) => [orderLink(order.orderId), order.merchantOrderId ? h('span', { class: 'small' }, order.merchantOrderId) : null, h('span', { class: 'small only-narrow' }, time(order.createdMs))] },
    { title: t('state'), cell: badge },
    { title: t('amount'), class: 'number', cell: (order) => [yuan(order.amount), order.refunded ? h('span', { class: 'small' }, `${t('refunded')} ${yuan(order.refunded)}`) : null] },
    { title: t('outTradeNo'), class: 'only-wide name', cell: (order) => code(order.outTradeNo) },
    { title: t('made'), class: 'only-wide', cell: (order) => time(order.createdMs) },
  ], orders)
}

/** Adds the next page to the list, and goes to its first order. */
function pager(page, state, list) {
  if (!page.next) return null
  let { next } = page
  let orders = page.orders
  const place = h('div', { class: 'actions' })
  place.append(action(t('more'), '', async () => {
    const more = await get(`orders?${new URLSearchParams({ state, after: next })}`)
    const first = orders.length
    orders = [...orders, ...more.orders]
    next = more.next
    list.replaceChildren(rows(`${t('listed', { n: orders.length })} · ${t('beijing')}`, orders))
    list.querySelectorAll('tbody a')[first]?.focus()
    if (!next) place.remove()
  }))
  return place
}
