const goods = require('../../lib/goods')
const language = require('../../lib/language')
const orders = require('../../lib/orders')
const shopPage = require('../../lib/shop-page')
const { when, zone } = require('../../lib/when')
const { yuan } = require('../../lib/money')

// Shows a payment. Having shown it, it tells the checkout so; until then a relaunch comes back here.
Page(shopPage({
  words: 'result',
  data: { orderId: '', amount: '', goods: '', refund: '', note: '', paidAt: '', wechat: '', refunded: '' },

  onLoad({ orderId }) {
    this.orderId = decodeURIComponent(orderId)
  },

  // What the server says of the payment is in the shop's notes by the time a page hears of it.
  follow() {
    this.render()
  },

  render() {
    const order = orders.find(this.orderId)
    if (!order) return
    const { refundedAmount } = order
    const refund = order.refund && order.refund !== 'none' ? order.refund : ''
    this.setData({
      orderId: this.orderId,
      amount: yuan(order.amount),
      goods: goods.summary(order.quantities),
      refund,
      note: refund ? language.words('status').refundNote[refund] : '',
      refunded: refundedAmount > 0 ? yuan(refundedAmount) : '',
      paidAt: `${when(order.paidAt)} ${zone(order.paidAt)}`.trim(),
      wechat: order.wechatTransactionId || '',
    })
  },

  async onReady() {
    const { view } = getApp().state
    const isNews = view && ((view.phase === 'paid' && view.order.orderId === this.orderId) || view.watched.some(({ order }) => order.orderId === this.orderId))
    if (!isNews) return
    try {
      const checkout = await getApp().checkout
      checkout.acknowledge(this.orderId)
    } catch (error) {
      getApp().refused(error)
    }
  },

  done() {
    wx.switchTab({ url: '/pages/index/index' })
  },

  toOrders() {
    wx.switchTab({ url: '/pages/orders/orders' })
  },
}))
