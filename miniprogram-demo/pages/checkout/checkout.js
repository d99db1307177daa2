const cart = require('../../lib/cart')
const language = require('../../lib/language')
const { yuan } = require('../../lib/money')

Page({
  data: { t: {}, lines: [], total: '0.00', view: null, payable: false, openOrder: false, busy: false },

  onLoad() {
    this.render()
    this.unfollow = getApp().follow(view => this.setData({
      view,
      payable: view.actions.includes('pay') && cart.count() > 0,
      openOrder: view.actions.includes('buyAgain'),
    }))
  },

  onUnload() {
    this.unfollow()
  },

  render() {
    const t = language.texts()
    const lang = language.current()
    this.setData({
      t,
      total: yuan(cart.total()),
      lines: cart.lines().map(({ sku, name, price, quantity }) => ({ sku, quantity, title: name[lang], yuan: yuan(price * quantity) })),
    })
    wx.setNavigationBarTitle({ title: t.checkout })
  },

  pay() {
    return this.buy({})
  },

  // The server said that an order with the same articles is open, and the payer wants a second one.
  payOnceMore() {
    return this.buy({ separate: true })
  },

  async buy(also) {
    this.setData({ busy: true })
    try {
      const checkout = await getApp().checkout
      const items = cart.lines().map(({ sku, quantity }) => ({ sku, quantity }))
      const result = await checkout.pay({ items, expectedAmount: cart.total(), ...also })
      if (result.outcome === 'paid') cart.clear()
    } catch (error) {
      getApp().refused(error)
    } finally {
      this.setData({ busy: false })
    }
  },
})
