const language = require('../../lib/language')
const { yuan } = require('../../lib/money')

// Shows a payment. Having shown it, it tells the checkout so; until then a relaunch comes back here.
Page({
  data: { t: {}, orderId: '', amount: '' },

  onLoad({ orderId, amount }) {
    const t = language.texts()
    this.setData({ t, orderId, amount: yuan(Number(amount)) })
    wx.setNavigationBarTitle({ title: t.phase.paid })
  },

  async onReady() {
    try {
      const checkout = await getApp().checkout
      checkout.acknowledge(this.data.orderId)
    } catch (error) {
      getApp().refused(error)
    }
  },

  done() {
    wx.switchTab({ url: '/pages/index/index' })
  },

  orders() {
    wx.switchTab({ url: '/pages/orders/orders' })
  },
})
