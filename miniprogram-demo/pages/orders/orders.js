const history = require('../../lib/history')
const language = require('../../lib/language')
const { yuan } = require('../../lib/money')

Page({
  data: { t: {}, orders: [], watched: [], view: null },

  onLoad() {
    this.unfollow = getApp().follow(view => {
      this.setData({
        view,
        watched: view.watched.map(({ order, outcome }) => ({ orderId: order.orderId, outcome, yuan: yuan(order.amount) })),
      })
      this.render()
    })
  },

  onUnload() {
    this.unfollow()
  },

  onShow() {
    this.render()
    wx.setNavigationBarTitle({ title: language.texts().orders })
  },

  render() {
    this.setData({
      t: language.texts(),
      orders: history.all().map(({ orderId, amount, paidAt }) => ({ orderId, paidAt, yuan: yuan(amount) })),
    })
  },
})
