const goods = require('../../lib/goods')
const orders = require('../../lib/orders')
const shopPage = require('../../lib/shop-page')
const { when } = require('../../lib/when')
const { yuan } = require('../../lib/money')

Page(shopPage({
  words: 'orders',
  isTab: true,
  data: { orders: [], isEmpty: false },

  follow() {
    this.render()
  },

  render() {
    const { view } = getApp().state
    const list = orders.paid().map(({ orderId, amount, quantities, paidAt, refund }) => ({
      orderId, goods: goods.summary(quantities), yuan: yuan(amount), paidAt: when(paidAt), standing: refund && refund !== 'none' ? refund : 'paid',
    }))
    const isBusy = Boolean(view) && (view.phase !== 'idle' || view.watched.length > 0)
    this.setData({ orders: list, isEmpty: list.length === 0 && !isBusy })
  },

  open(event) {
    getApp().showResult(event.currentTarget.dataset.order)
  },

  look() {
    wx.switchTab({ url: '/pages/index/index' })
  },
}))
