// Letters to others: what became of them, and the dead ones.

import { code, h, table, time } from './dom.js'
import { orderLink } from './orders.js'
import { action, confirm, get, post, say } from './shell.js'
import { known, t } from './words.js'

const CHANNELS = ['webhook', 'shipping']
const COLOURS = { delivered: 'good', dead: 'bad', due: 'warn', behind: 'warn' }

/** The letters about one order. */
export function deliveries(order, again) {
  return table(t('deliveries'), [
    name(false),
    { title: t('state'), cell: (letter) => [h('span', { class: `badge ${COLOURS[letter.state] ?? ''}` }, t(`letter_${letter.state}`)), letter.skippedWhy ? h('span', { class: 'small' }, letter.skippedWhy) : null] },
    { title: t('lastTry'), class: 'only-wide', cell: last },
    { title: t('act'), class: 'number', cell: (letter) => (letter.id && letter.state !== 'behind' && letter.state !== 'passed_over' ? buttons(letter, again) : '–') },
  ], order.letters)
}

export async function lettersView({ again }) {
  const pages = await Promise.all(CHANNELS.map((channel) => get(`letters?${new URLSearchParams({ channel })}`)))
  const letters = pages.flatMap((page) => page.letters)
  const title = h('h1', { tabindex: -1 }, t('letters'))
  const words = h('p', { class: 'quiet-text' }, t('lettersWords'))
  if (letters.length === 0) return [title, words, h('p', {}, t('none'))]
  const all = action(t('replayAll'), '', async () => {
    if (!(await confirm({ title: t('replayAllTitle'), text: t('replayAllWords'), yes: t('replayAll') }))) return
    let streams = 0
    for (const channel of CHANNELS) streams += (await post('replays', { channel })).streams
    await again()
    say(t('replayedAll', { n: streams }))
  })
  const list = h('div', {}, dead(letters, again))
  return [title, words, h('div', { class: 'actions' }, all), list, pager(pages, letters, list, again)]
}

function dead(letters, again) {
  return table(`${t('listed', { n: letters.length })} · ${t('beijing')}`, [
    name(true),
    { title: t('order'), class: 'name', cell: (letter) => [letter.orderId ? orderLink(letter.orderId) : '–', letter.behind ? h('span', { class: 'small' }, t('behind', { n: letter.behind })) : null] },
    { title: t('lastTry'), class: 'only-wide', cell: last },
    { title: t('act'), class: 'number', cell: (letter) => buttons(letter, again) },
  ], letters)
}

/** Adds the next page of each channel that has one. */
function pager(pages, letters, list, again) {
  let rest = CHANNELS.map((channel, at) => ({ channel, after: pages[at].next })).filter(({ after }) => after !== undefined)
  if (rest.length === 0) return null
  const place = h('div', { class: 'actions' })
  place.append(action(t('more'), '', async () => {
    const more = await Promise.all(rest.map((from) => get(`letters?${new URLSearchParams(from)}`)))
    const first = letters.length
    letters = [...letters, ...more.flatMap((page) => page.letters)]
    rest = rest.map(({ channel }, at) => ({ channel, after: more[at].next })).filter(({ after }) => after !== undefined)
    list.replaceChildren(dead(letters, again))
    list.querySelectorAll('tbody tr')[first]?.querySelector('a, button')?.focus()
    if (rest.length === 0) place.remove()
  }))
  return place
}

function name(told) {
  return {
    title: t('letter'),
    class: 'name',
    cell: (letter) => [`${letter.sequence} · `, h('strong', {}, known(`action_${letter.action}`) ? t(`action_${letter.action}`) : letter.action), h('span', { class: 'small' }, code(letter.id)), letter.last ? h('span', { class: 'small only-narrow' }, last(letter)) : null, told || letter.channel !== 'webhook' ? h('span', { class: 'small' }, t(`channel_${letter.channel}`)) : null],
  }
}

function last(letter) {
  if (!letter.last) return '–'
  const { atMs, status, error } = letter.last
  return [time(atMs), h('span', { class: 'small' }, [status || (error ? t('noAnswer') : null), error, t('tries', { n: letter.tries })].filter(Boolean).join(' · '))]
}

function buttons(letter, again) {
  const path = `letters/${encodeURIComponent(letter.id)}`
  const replay = action(t('replay'), '', async () => {
    const { outcome } = await post(`${path}/replay`)
    await again()
    say(t(outcome === 'due' ? 'replayDue' : 'replaySent'))
  })
  replay.setAttribute('aria-label', t('replayThis', { id: letter.id }))
  if (letter.state === 'delivered' || letter.state === 'skipped') return replay
  const skip = action(t('skipLetter'), 'grave', async () => {
    const why = await confirm({ title: t('skipTitle'), text: t('skipWords'), yes: t('skipYes'), why: t('skipWhy') })
    if (!why) return
    await post(`${path}/skip`, { why })
    await again()
    say(t('skipped'))
  })
  skip.setAttribute('aria-label', t('skipThis', { id: letter.id }))
  return h('div', { class: 'pair' }, replay, ' ', skip)
}
