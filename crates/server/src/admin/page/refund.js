// Sending money back: how much, then what that comes to, then the amount once more. A refund whose answer was
// lost keeps its number, also when the dialog is closed and opened again: it is the same refund then.

import { code, fen, fill, h, yuan } from './dom.js'
import { post, problem } from './shell.js'
import { t } from './words.js'

/** Refunds that may or may not have been written down, by the payment's number. */
const unknown = new Map()

/**
 * @param {string} orderId
 * @param {{transactionId: string, left: number}} payment
 * @returns {Promise<string | undefined>} what it came to; nothing when it was cancelled
 */
export function refund(orderId, payment) {
  const path = `orders/${encodeURIComponent(orderId)}/refunds`
  return new Promise((resolve) => {
    let outcome
    const dialog = h('dialog', { 'aria-labelledby': 'refund-title' })
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(outcome)
    })
    const cancel = (properties) => h('button', { type: 'button', onclick: () => dialog.close(), ...properties }, t('cancel'))
    const plain = (amount) => yuan(amount).slice(1).replaceAll(',', '')

    const ask = (amountText, reasonText) => {
      const amount = h('input', { id: 'refund-amount', inputmode: 'decimal', autocomplete: 'off', value: amountText, required: true, 'aria-describedby': 'refund-amount-hint' })
      const reason = h('input', { id: 'refund-reason', autocomplete: 'off', value: reasonText, 'aria-describedby': 'refund-reason-hint' })
      const slot = h('div')
      const form = h('form', {},
        h('h2', { id: 'refund-title' }, t('refundTitle')),
        h('p', { class: 'small' }, t('transaction'), ' ', code(payment.transactionId)),
        h('label', { for: 'refund-amount' }, t('refundAmount')), amount, h('p', { class: 'hint', id: 'refund-amount-hint' }, t('refundAmountHint', { left: yuan(payment.left) })),
        h('label', { for: 'refund-reason' }, t('refundReason')), reason, h('p', { class: 'hint', id: 'refund-reason-hint' }, t('refundReasonHint')),
        slot,
        h('div', { class: 'actions' }, cancel(), h('button', { class: 'main' }, t('next'))))
      form.addEventListener('submit', async (event) => {
        event.preventDefault()
        const asked = fen(amount.value)
        if (asked === undefined) {
          fill(slot, h('p', { class: 'problem', role: 'alert' }, t('badAmount')))
          return amount.focus()
        }
        try {
          const before = unknown.get(payment.transactionId)
          const outRefundNo = before?.amount === asked ? before.outRefundNo : undefined
          const preview = await post(`${path}/preview`, { transactionId: payment.transactionId, amount: asked, reason: reason.value, outRefundNo })
          confirm(preview, reason.value)
        } catch (error) {
          fill(slot, problem(error))
          amount.focus()
        }
      })
      fill(dialog, form)
      amount.focus()
      amount.select()
    }

    const confirm = (preview, reason) => {
      const typed = h('input', { id: 'refund-typed', inputmode: 'decimal', autocomplete: 'off', 'aria-describedby': 'refund-words' })
      const yes = h('button', { class: 'grave main', disabled: true }, t('refundYes', { amount: yuan(preview.amount) }))
      const slot = h('div')
      typed.addEventListener('input', () => { yes.disabled = fen(typed.value) !== preview.amount })
      const no = cancel({ id: 'refund-cancel' })
      const form = h('form', {},
        h('h2', { id: 'refund-title' }, t('confirmTitle')),
        h('p', { class: 'sum' }, yuan(preview.amount)),
        h('p', { id: 'refund-words' }, t('confirmWords')),
        preview.planned === 'before' ? h('p', { class: 'problem' }, t('refundBefore')) : null,
        h('p', { class: 'small' }, t('transaction'), ' ', code(preview.transactionId)),
        h('p', { class: 'small' }, t('refundNumber'), ' ', code(preview.outRefundNo)),
        h('label', { for: 'refund-typed' }, t('confirmType')), typed,
        slot,
        h('div', { class: 'actions' }, no, yes))
      form.addEventListener('submit', async (event) => {
        event.preventDefault()
        if (yes.disabled) return
        yes.disabled = true
        unknown.set(payment.transactionId, { outRefundNo: preview.outRefundNo, amount: preview.amount })
        try {
          const done = await post(path, { outRefundNo: preview.outRefundNo, transactionId: preview.transactionId, amount: preview.amount, reason })
          unknown.delete(payment.transactionId)
          outcome = t(done.planned === 'now' ? 'refundDone' : 'refundKnown', { number: preview.outRefundNo })
          dialog.close()
        } catch (error) {
          if (error.money === 'untouched') unknown.delete(payment.transactionId)
          fill(slot, problem(error, error.money === 'unknown' ? t('sameNumber') : undefined))
          yes.disabled = false
        }
      })
      fill(dialog, form)
      // What is pressed without being read must not send money back.
      no.focus()
    }

    document.body.append(dialog)
    dialog.showModal()
    ask(plain(unknown.get(payment.transactionId)?.amount ?? payment.left), '')
  })
}
