// One order: what was agreed, what came, what went back, what happened.

import { code, h, table, terms, time, yuan } from './dom.js'
import { deliveries } from './letters.js'
import { badge } from './orders.js'
import { refund } from './refund.js'
import { action, confirm, get, post, say } from './shell.js'
import { known, t } from './words.js'

const MONEY = new Set(['success', 'refund_success', 'refund_processing'])
const TROUBLE = new Set(['frozen', 'paid_twice', 'paid_late', 'refund_stopped', 'refund_contradicted', 'refund_abnormal', 'refund_closed', 'refund_refused', 'prepay_refused'])

export async function orderView({ id, again }) {
  const order = await get(`orders/${encodeURIComponent(id)}`)
  return drawn(order, again)
}

function drawn(order, again) {
  const { summary } = order
  return [
    h('h1', { tabindex: -1 }, `${t('order')} `, code(summary.orderId)),
    h('p', {}, badge(summary), ' ', h('strong', {}, yuan(summary.amount)), summary.refunded ? ` · ${t('refunded')} ${yuan(summary.refunded)}` : null),
    buttons(order, again),
    agreed(order),
    order.payments.length ? [h('h2', {}, t('payments')), payments(order, again)] : null,
    order.refunds.length ? [h('h2', {}, t('refunds')), refunds(order)] : null,
    order.letters.length ? [h('h2', {}, t('deliveries')), deliveries(order, again)] : null,
    h('h2', {}, t('facts')), h('p', { class: 'hint' }, t('beijing')), facts(order.facts),
    h('p', {}, h('a', { href: '#/orders' }, t('back'))),
  ]
}

function buttons(order, again) {
  const path = `orders/${encodeURIComponent(order.summary.orderId)}`
  const look = action(t('askWechat'), '', async () => {
    const answer = await post(`${path}/look`)
    await again()
    say(t(answer.asked ? 'asked' : 'notAsked'))
  })
  const final = ['paid', 'closed'].includes(order.summary.state) || order.summary.frozen
  const close = final ? null : action(t('closeOrder'), 'grave', async () => {
    if (!(await confirm({ title: t('closeTitle'), text: t('closeWords'), yes: t('closeYes') }))) return
    const { summary } = await post(`${path}/close`)
    await again()
    say(t({ closed: 'closedNow', paid: 'closedPaid' }[summary.state] ?? 'closedLater'))
  })
  return h('div', { class: 'actions' }, look, close)
}

function agreed(order) {
  const { summary } = order
  return terms([
    [t('outTradeNo'), code(summary.outTradeNo)],
    [t('merchantOrder'), summary.merchantOrderId],
    [t('goods'), order.items.map((line) => `${line.sku} × ${line.quantity}`).join('，')],
    [t('payer'), code(order.payer)],
    [t('made'), time(summary.createdMs)],
    [t('payableUntil'), time(order.payableUntilMs)],
    [t('evidence'), order.evidenceMs ? time(order.evidenceMs) : undefined],
    [t('merchant'), code(order.mchid)],
    [t('subMerchant'), order.subMchid && code(order.subMchid)],
    [t('app'), code(order.appid)],
    [t('api'), order.api],
    [t('latePayment'), t(`late_${order.latePayment}`)],
  ])
}

function payments(order, again) {
  const give = (payment) => {
    if (payment.left === 0) return null
    const button = action(t('refund'), 'grave', async () => {
      const done = await refund(order.summary.orderId, payment)
      if (!done) return
      await again()
      say(done)
    })
    button.setAttribute('aria-label', t('refundThis', { id: payment.transactionId }))
    return button
  }
  return table(t('payments'), [
    { title: t('transaction'), class: 'name', cell: (payment) => [code(payment.transactionId), h('span', { class: 'small' }, t(`role_${payment.role}`), payment.misfit ? `：${t(`misfit_${payment.misfit}`)}` : null), h('span', { class: 'small only-narrow' }, `${t('total')} ${yuan(payment.total)}`)] },
    { title: t('total'), class: 'number only-wide', cell: (payment) => yuan(payment.total) },
    { title: t('left'), class: 'number', cell: (payment) => yuan(payment.left) },
    { title: t('act'), class: 'number', cell: (payment) => give(payment) ?? '–' },
  ], order.payments)
}

function refunds(order) {
  const colours = { success: 'good', abnormal: 'bad', refused: 'bad', closed: 'bad' }
  return table(t('refunds'), [
    { title: t('refundNumber'), class: 'name', cell: (one) => [code(one.outRefundNo), h('span', { class: 'small' }, t(`why_${one.why}`), one.reason ? ` · ${one.reason}` : null), one.contradicted ? h('span', { class: 'badge bad' }, t('contradicted')) : null] },
    { title: t('stage'), cell: (one) => h('span', { class: `badge ${colours[one.stage] ?? 'warn'}` }, t(`stage_${one.stage}`)) },
    { title: t('amount'), class: 'number', cell: (one) => yuan(one.amount) },
    { title: t('askedAt'), class: 'only-wide', cell: (one) => time(one.askedMs) },
  ], order.refunds)
}

function facts(list) {
  return h('ol', { class: 'facts sheet' }, list.map((fact) => {
    const kind = MONEY.has(fact.what) ? 'money' : TROUBLE.has(fact.what) ? 'trouble' : ''
    const word = known(`fact_${fact.what}`) ? t(`fact_${fact.what}`) : fact.what
    const again = fact.times > 1 ? h('span', { class: 'small' }, t('times', { n: fact.times }), ' ', time(fact.lastMs)) : null
    return h('li', { class: kind }, time(fact.atMs), h('span', { class: 'who' }, who(fact.source)),
      h('span', { class: 'what' }, word, fact.amount ? ` ${yuan(fact.amount)}` : null, fact.subject ? [' ', code(fact.subject)] : null, again))
  }))
}

function who(source) {
  const [name, version] = source.split('/')
  return version ? `${t(`who_${name}`)} ${version}` : t(`who_${name}`)
}
