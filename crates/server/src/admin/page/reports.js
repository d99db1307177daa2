// The daily comparisons with WeChat's bill.

import { code, h, table, time, yuan } from './dom.js'
import { orderLink } from './orders.js'
import { action, get, post, say } from './shell.js'
import { t } from './words.js'

const COLOURS = { compared: 'good', no_bill: '', open: 'warn', given_up: 'bad' }

const state = (report) => [
  h('span', { class: `badge ${report.standing + report.unlisted > 0 ? 'bad' : COLOURS[report.state]}` }, t(`report_${report.state}`)),
  report.problem ? h('span', { class: 'small' }, report.problem) : null,
]

export async function reportsView({ id, again, query }) {
  return id ? oneDay(id) : allDays(again, query.get('before'))
}

async function allDays(again, before) {
  const page = await get(before ? `comparisons?${new URLSearchParams({ before })}` : 'comparisons')
  const day = h('input', { id: 'day', type: 'date' })
  const compare = action(t('compare'), 'main', async () => {
    const done = await post('comparisons', day.value ? { day: day.value } : {})
    await again()
    const trouble = done.problems.map((one) => `${one.mchid}: ${one.detail}`).join(' ')
    say(!done.ended ? t('comparing', { day: done.day }) : trouble ? trouble : t('compared', { day: done.day }))
  })
  return [
    h('h1', { tabindex: -1 }, t('reports')),
    h('div', { class: 'search' }, h('div', {}, h('label', { for: 'day' }, t('day')), day), compare),
    h('p', { class: 'hint' }, t('dayHint')),
    page.reports.length === 0 ? h('p', { class: 'quiet-text' }, t('none')) : table(t('beijing'), [
      { title: t('day'), class: 'name', cell: (report) => [h('a', { href: `#/reports/${report.day}` }, report.day), h('span', { class: 'small' }, code(report.subMchid ?? report.mchid))] },
      { title: t('state'), cell: state },
      { title: t('lines'), class: 'number', cell: (report) => `${report.ours} / ${report.lines}` },
      { title: t('differences'), class: 'number', cell: (report) => [report.differences, report.standing ? h('span', { class: 'small' }, t('standing', { n: report.standing })) : null] },
      { title: t('when'), class: 'only-wide', cell: (report) => time(report.atMs) },
    ], page.reports),
    page.next ? h('p', {}, h('a', { href: `#/reports?${new URLSearchParams({ before: page.next })}` }, t('more'))) : null,
  ]
}

async function oneDay(day) {
  const { reports } = await get(`comparisons/${encodeURIComponent(day)}`)
  const shown = reports.map(({ report, differences }) => [
    h('h2', {}, code(report.subMchid ?? report.mchid), ' ', state(report)),
    h('p', { class: 'quiet-text' }, t('counted', report), report.unlisted ? ` ${t('unlisted', { n: report.unlisted })}` : null),
    differences.length === 0 ? h('p', {}, t('noDifferences')) : h('div', {}, list(differences)),
  ])
  return [h('h1', { tabindex: -1 }, `${t('reports')} `, day), shown.length ? shown : h('p', { class: 'quiet-text' }, t('none')), h('p', {}, h('a', { href: '#/reports' }, t('allDays')))]
}

function list(differences) {
  const said = (fen, word) => [fen ? yuan(fen) : null, word ? h('span', { class: 'small' }, word) : null, fen || word ? null : '–']
  return table(t('beijing'), [
    { title: t('difference'), class: 'name', cell: (one) => [h('span', { class: `badge ${one.mended ? 'good' : 'bad'}` }, one.mended ? t('mended') : t('stands')), ` ${t(`what_${one.what}`)} · ${t(`about_${one.about}`)}`, h('span', { class: 'small' }, code(one.number))] },
    { title: t('here'), class: 'number', cell: (one) => said(one.here, one.hereState) },
    { title: t('there'), class: 'number', cell: (one) => said(one.there, one.thereState) },
    { title: t('order'), class: 'name', cell: (one) => (one.orderId ? orderLink(one.orderId) : code(one.outTradeNo)) },
  ], differences)
}
