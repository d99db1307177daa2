// What wants the operator: the overview, and payments that fit no order.

import { code, h, table, time, yuan } from './dom.js'
import { orderLink } from './orders.js'
import { action, confirm, get, post, say } from './shell.js'
import { t } from './words.js'

export async function overviewView() {
  const now = await get('overview')
  const { orders } = now
  const oldest = now.oldestUnresolvedMs === undefined ? t('nothingWaits') : t('oldest', { age: age(now.nowMs - now.oldestUnresolvedMs) })
  return [
    h('h1', { tabindex: -1 }, t('overview')),
    h('ul', { class: 'cards' },
      card(t('unresolvedOrders'), orders.unresolved, '#/orders?state=unresolved', { small: oldest }),
      card(t('frozenPayments'), now.frozenPayments, '#/frozen', { wants: now.frozenPayments > 0 }),
      card(t('letters'), now.webhooks.dead + now.shipping.dead, '#/letters', { wants: now.webhooks.dead + now.shipping.dead > 0, small: t('waiting', { n: now.webhooks.waiting + now.shipping.waiting }) }),
      card(t('stoppedRefunds'), now.stoppedRefunds, '#/orders?state=stopped', { wants: now.stoppedRefunds > 0 }),
      compared(now.lastComparison),
      card(t('paidOrders'), orders.paid, '#/orders?state=paid', {}),
      card(t('closedOrders'), orders.closed, '#/orders?state=closed', {})),
    h('p', { class: 'hint' }, t('server', { version: now.version }), ' ', time(now.nowMs), ` · ${t('beijing')}`),
  ]
}

function compared(report) {
  if (!report) return card(t('lastComparison'), '–', '#/reports', {})
  const wrong = report.standing + report.unlisted
  return card(t('lastComparison'), wrong, `#/reports/${report.day}`, { wants: wrong > 0 || report.state === 'given_up', small: `${report.day} · ${t(`report_${report.state}`)}` })
}

function card(title, figure, href, { wants, small }) {
  return h('li', { class: wants ? 'wants' : undefined }, h('a', { href }, title), h('span', { class: 'figure' }, figure), small ? h('span', { class: 'small' }, small) : null)
}

function age(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 120) return t('minutes', { n: minutes })
  return minutes < 2880 ? t('hours', { n: Math.floor(minutes / 60) }) : t('days', { n: Math.floor(minutes / 1440) })
}

function settle({ transactionId }, again) {
  const button = action(t('settle'), '', async () => {
    const why = await confirm({ title: t('settleTitle'), text: t('settleWords'), yes: t('settleYes'), why: t('settleWhy') })
    if (!why) return
    await post(`frozen/${encodeURIComponent(transactionId)}/settle`, { why })
    await again()
    say(t('settled'))
  })
  button.setAttribute('aria-label', t('settleThis', { id: transactionId }))
  return button
}

export async function frozenView({ query, again }) {
  const after = query.get('after')
  const page = await get(after ? `frozen?${new URLSearchParams({ after })}` : 'frozen')
  const title = h('h1', { tabindex: -1 }, t('frozenPayments'))
  if (page.payments.length === 0) return [title, h('p', { class: 'quiet-text' }, t('none'))]
  const list = table(t('beijing'), [
    { title: t('transaction'), class: 'name', cell: (payment) => [code(payment.transactionId), h('span', { class: 'small only-narrow' }, time(payment.seenMs))] },
    { title: t('misfit'), cell: (payment) => h('span', { class: 'badge bad' }, t(`misfit_${payment.misfit}`)) },
    { title: t('total'), class: 'number', cell: (payment) => [yuan(payment.total), payment.refunded ? h('span', { class: 'small' }, `${t('refunded')} ${yuan(payment.refunded)}`) : null] },
    { title: t('order'), class: 'name', cell: (payment) => (payment.orderId ? orderLink(payment.orderId) : [t('noOrder'), h('span', { class: 'small' }, code(payment.outTradeNo))]) },
    { title: t('seen'), class: 'only-wide', cell: (payment) => time(payment.seenMs) },
    { title: t('act'), class: 'number', cell: (payment) => settle(payment, again) },
  ], page.payments)
  const more = page.next ? h('p', {}, h('a', { href: `#/frozen?${new URLSearchParams({ after: page.next })}` }, t('more'))) : null
  return [title, list, more]
}

