// The shop's own notes of orders made on this phone, newest first: what was in them, and what was paid.
// The server's books are the truth.
const basket = require('./basket')
const cart = require('./cart')
const goods = require('./goods')
const store = require('./store')

const KEY = 'orders'
const LONGEST = 50

const all = () => store.read(KEY) || []
const find = orderId => all().find(order => order.orderId === orderId)
const paid = () => all().filter(order => order.paid)

function put(order) {
  store.write(KEY, [order, ...all().filter(known => known.orderId !== order.orderId)].slice(0, LONGEST))
}

// An order in front is that of the last basket, if it costs the same.
function note({ orderId, amount }) {
  if (find(orderId)) return
  const last = basket.last()
  const known = last && goods.total(last.quantities) === amount
  put({ orderId, amount, paid: false, quantities: known ? last.quantities : {}, fromCart: Boolean(known && last.fromCart) })
}

// Once for each order, however often it is told: the shop hears of a payment from the purchase itself and, after a
// relaunch, from the checkout.
function settle(orderId) {
  const order = find(orderId)
  if (!order || order.paid) return
  put({ ...order, paid: true })
  if (order.fromCart) cart.takeOut(order.quantities)
}

// What the server said of the payment, refunds among it.
function receipt(orderId, { paidAt, wechatTransactionId, refund, refundedAmount }) {
  const order = find(orderId)
  if (!order) return
  const { paidAt: at, refund: before, refundedAmount: back } = order
  if (at === paidAt && before === refund && back === refundedAmount) return
  const next = { ...order, paidAt, wechatTransactionId, refund, refundedAmount }
  store.write(KEY, all().map(one => (one.orderId === orderId ? next : one)))
}

module.exports = { find, paid, note, settle, receipt }
