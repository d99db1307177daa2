const { yuan } = require('../../lib/money')

// How a state looks: something is going on, it went well, or the payer has something to decide.
const TONE = { idle: 'calm', paid: 'good', unpaid: 'decide', unconfirmed: 'decide', closed: 'calm', failed: 'decide' }
const STEP = { recording: 0, signingIn: 0, creatingOrder: 0, saving: 0, paying: 1, confirming: 2 }
const MAIN = ['pay', 'payAgain', 'checkAgain', 'sheetClosed']
const LOOKED_UP = ['recording', 'signingIn', 'creatingOrder']

/**
 * What the card shows of a state of the shop.
 * `canBuy`: the page itself offers to pay. `hiddenOrder`: the page itself shows that payment.
 * `goodsOf` tells what is in an order.
 */
function card(state, t, { canBuy, hiddenOrder, goodsOf }) {
  const { view, lang, trouble, isOffline } = state
  return {
    trouble: trouble ? trouble[lang] : '',
    isOffline,
    storage: view ? t.storage[view.storage] || '' : '',
    front: view && isShown(state, hiddenOrder) ? front(state, t, canBuy, goodsOf) : null,
    watched: view ? watched(state, t, hiddenOrder, goodsOf) : null,
  }
}

function isShown({ view, isDismissed }, hiddenOrder) {
  // At rest there is something to say only of what was just given up; of what is still watched, the list says it.
  if (view.phase === 'idle') return Boolean(view.outcome) && view.watched.length === 0 && !isDismissed
  return !(view.phase === 'paid' && view.order && view.order.orderId === hiddenOrder)
}

function front({ view, lang, isResumed }, t, canBuy, goodsOf) {
  const { phase, order, receipt, fault } = view
  const refund = receipt && t.refund[receipt.refund]
  const step = STEP[phase]
  return {
    tone: refund ? 'calm' : TONE[phase] || 'busy',
    icon: TONE[phase] ? phase : 'busy',
    title: refund || (isResumed && LOOKED_UP.indexOf(phase) >= 0 ? t.lookingUp : t.phase[phase]),
    badge: isResumed && phase !== 'paid' ? t.resumed : '',
    amount: order ? yuan(order.amount) : '',
    goods: order ? goodsOf(order.orderId) : '',
    message: refund ? t.refundNote[receipt.refund] : view.message[lang],
    next: view.nextLookInMs === undefined ? '' : view.nextLookInMs === 0 ? t.looking : t.nextLook,
    order: order ? order.orderId : '',
    refunded: refund && receipt.refundedAmount > 0 ? yuan(receipt.refundedAmount) : '',
    openOrder: fault ? fault.openOrderId : '',
    support: fault ? [fault.code, fault.requestId].filter(Boolean).join(' · ') : '',
    steps: step === undefined ? [] : t.steps.map((label, at) => ({ label, place: at < step ? 'done' : at === step ? 'now' : 'next' })),
    buttons: buttons(view, t, canBuy),
  }
}

function buttons({ phase, actions }, t, canBuy) {
  if (phase === 'idle') return [{ action: 'dismiss', label: t.dismiss, isMain: false }]
  const isOfFront = action => {
    // Paying is the page's own button, where it has one: only the page knows what is bought.
    if (action === 'pay') return !canBuy
    if (action === 'buyAgain') return canBuy
    // At rest, to check again is about the orders that are watched.
    return action !== 'checkAgain' || phase === 'unconfirmed'
  }
  return actions.filter(isOfFront).map(action => ({ action, label: t.action[action], isMain: MAIN.indexOf(action) >= 0 }))
}

// Orders that were set aside, and those found on the server's list.
function watched({ view, lang }, t, hiddenOrder, goodsOf) {
  const orders = view.watched.filter(({ order }) => order.orderId !== hiddenOrder)
  if (orders.length === 0) return null
  const hasOpen = orders.some(({ outcome }) => outcome !== 'paid')
  const isAboutThem = view.phase === 'idle' && (Boolean(view.outcome) || !hasOpen)
  return {
    message: isAboutThem ? view.message[lang] : '',
    note: hasOpen ? t.watchedNote : '',
    canCheck: hasOpen && view.phase !== 'unconfirmed' && view.actions.indexOf('checkAgain') >= 0,
    orders: orders.map(({ order, outcome }) => ({
      orderId: order.orderId, goods: goodsOf(order.orderId), yuan: yuan(order.amount), isPaid: outcome === 'paid', outcome: t.outcome[outcome],
    })),
  }
}

module.exports = { card }
