// What the checkout may tell a page, one of each kind, by name. Sentences are the core's own.
const ORDER = { orderId: '2026112414151600000001', amount: 6800 }
const OTHER = { orderId: '2026112409301100000007', amount: 12800 }

const view = (phase, actions, zh, en, parts = {}) => ({ revision: 7, phase, actions, message: { zh, en }, storage: 'working', watched: [], ...parts })
const watching = (outcome, order = OTHER) => ({ order, outcome })
const paid = (receipt, parts) => view('paid', ['acknowledge'], '付款成功。', 'Paid.', { order: ORDER, outcome: 'paid', receipt: { refund: 'none', refundedAmount: 0, wechatTransactionId: '4200002612202611241234567890', paidAt: '2026-11-24T14:15:16+08:00', ...receipt }, ...parts })
const failed = (code, zh, en, parts = {}) => view('failed', ['pay', 'acknowledge', ...(parts.actions ?? [])], zh, en, { outcome: 'failed', fault: { code, requestId: parts.requestId ?? 'req-3f9a2c', openOrderId: parts.openOrderId ?? '' } })

const PREPARING = ['正在准备订单，尚未扣款。', 'Preparing your order. Nothing has been charged.']
const PAYING = ['请在微信支付窗口中完成付款。', 'Please pay in the WeChat Pay window.']
const CONFIRMING = ['正在向微信支付确认结果，请稍候。', 'Asking WeChat Pay for the result. One moment.']
const UNPAID = ['目前没有查到付款，可以继续支付这笔订单，不会重复扣款。', 'No payment was seen so far. You can pay this same order; it cannot be charged twice.']
const UNCONFIRMED = ['暂时无法确认结果。如已付款，钱不会丢失，请稍后再查，无需再次付款。', 'The result is not known yet. If you paid, the money is safe: check later, no second payment is needed.']

export const VIEWS = {
  idle: view('idle', ['pay'], '可以下单。', 'Ready to order.'),
  recording: view('recording', [], ...PREPARING),
  signingIn: view('signingIn', ['abandon'], ...PREPARING),
  creatingOrder: view('creatingOrder', ['abandon'], ...PREPARING),
  saving: view('saving', [], '正在核对订单，请稍候，不会重复扣款。', 'Checking the order. One moment; it cannot be charged twice.', { order: ORDER }),
  paying: view('paying', [], ...PAYING, { order: ORDER, nextLookInMs: 5000 }),
  payingLong: view('paying', ['sheetClosed'], '请完成付款；如果支付窗口已经关闭，请点“我已关闭支付窗口”。', 'Please pay. If the payment window is gone, tap "I closed the payment window".', { order: ORDER, nextLookInMs: 10_000 }),
  confirming: view('confirming', [], ...CONFIRMING, { order: ORDER, nextLookInMs: 0 }),
  unpaid: view('unpaid', ['payAgain', 'abandon', 'setAside'], ...UNPAID, { order: ORDER, outcome: 'unpaid', nextLookInMs: 15_000 }),
  unconfirmed: view('unconfirmed', ['checkAgain', 'setAside'], ...UNCONFIRMED, { order: ORDER, outcome: 'unconfirmed', nextLookInMs: 30_000 }),
  closed: view('closed', ['pay', 'acknowledge'], '订单已关闭，没有扣款。', 'The order was closed. Nothing was charged.', { order: ORDER, outcome: 'unpaid' }),
  paid: paid({}),
  refunding: paid({ refund: 'refunding', refundedAmount: 0 }),
  refunded: paid({ refund: 'refunded', refundedAmount: 6800 }),
  failed: failed('unreachable', '连不上商家服务器，没有扣款。请检查网络后重试。', 'The shop could not be reached. Nothing was charged. Check the network and try again.', { requestId: '' }),
  priceChanged: failed('price_changed', '价格已变动，没有下单也没有扣款。请刷新后重新确认。', 'The price has changed. Nothing was charged. Please look at the new price.'),
  openOrder: failed('open_order', '您有一笔相同的订单还没有结束。请先处理它，或选择“再买一份”。本次没有扣款。', 'You have an open order for the same goods. Finish it first, or choose "buy again". Nothing was charged this time.', { actions: ['buyAgain'], openOrderId: OTHER.orderId }),
  abandoned: view('idle', ['pay', 'checkAgain'], '已放弃本次购买，目前没有查到付款。如已付款，钱不会丢失，我们会继续查询。', 'You gave this purchase up. No payment was seen so far; if there was one, it is looked up and not lost.', { outcome: 'unpaid', watched: [watching('unconfirmed')] }),
  setAside: view('idle', ['pay', 'checkAgain'], '已放到一边，我们会继续查询结果，请勿重复付款。', 'Set aside. We keep looking; no second payment is needed.', { outcome: 'unconfirmed', watched: [watching('unconfirmed')] }),
  watched: view('idle', ['pay', 'checkAgain'], '可以下单。', 'Ready to order.', { watched: [watching('unconfirmed')] }),
  leftAndPaid: view('idle', ['pay'], '您之前的一笔订单已付款成功，请查看。', 'An earlier order of yours was paid. Please have a look at it.', { watched: [watching('paid')] }),
  unpaidAndOthers: view('unpaid', ['payAgain', 'abandon', 'setAside'], ...UNPAID, { order: ORDER, outcome: 'unpaid', nextLookInMs: 15_000, watched: [watching('paid'), watching('unconfirmed', { orderId: '2026112318451200000003', amount: 19800 })] }),
}

/** A checkout that says what it is told to, in place of the file of the shop that opens the real one. */
export const FAKE_OPENING = `
const KEY = 'look'
function openCheckout() {
  const { view, trouble, trace, outcomes, refusal } = wx.getStorageSync(KEY)
  if (trouble) return Promise.reject(Object.assign(new Error(trouble.en), { messages: trouble }))
  const did = name => (...given) => wx.getRealtimeLogManager().info({ did: name, given })
  const checkout = { view, trace: () => trace || [], onChange() {}, onOutcome: listener => (outcomes || []).forEach(listener) }
  ;['payAgain', 'checkAgain', 'sheetClosed', 'abandon', 'setAside', 'acknowledge'].forEach(name => { checkout[name] = did(name) })
  checkout.pay = draft => {
    did('pay')(draft)
    return refusal ? Promise.reject(Object.assign(new Error(refusal.en), { messages: refusal })) : Promise.resolve({ outcome: 'unpaid', view })
  }
  return Promise.resolve(checkout)
}
module.exports = { openCheckout }
`
