const basket = require('../../lib/basket')
const goods = require('../../lib/goods')
const orders = require('../../lib/orders')
const shopPage = require('../../lib/shop-page')
const { yuan } = require('../../lib/money')

Page(shopPage({
  words: 'checkout',
  data: { lines: [], total: '0.00', isPayable: false, isBlocked: false },

  // With an article: that one, at once. After a purchase that came to nothing: the same again. Else: the cart.
  onLoad({ sku, last }) {
    this.basket = (sku && basket.ofOne(sku)) || (last && basket.last()) || basket.ofCart()
  },

  render() {
    const { quantities } = this.basket
    this.setData({ lines: goods.shown(quantities), total: yuan(goods.total(quantities)) })
  },

  follow({ view }) {
    const isPayable = Boolean(view) && view.actions.indexOf('pay') >= 0
    const order = view && view.order && orders.find(view.order.orderId)
    // The order in front may be one of other goods, left from before.
    const isOther = Boolean(order) && goods.summary(order.quantities) !== goods.summary(this.basket.quantities)
    this.setData({ isPayable, isBlocked: isOther && !isPayable })
  },

  // All there is to paying. What the view says is drawn by the card; the result page, when it has been
  // seen, acknowledges.
  async buy(also) {
    const checkout = await getApp().checkout
    const result = await checkout.pay({ ...basket.draftOf(this.basket), ...also })
    if (result.outcome === 'paid') orders.settle(result.orderId)
  },

  pay() {
    return this.once({})
  },

  // The server said that an order with the same articles is open, and the payer wants a second one.
  payOnceMore() {
    return this.once({ separate: true })
  },

  // A second tap while the first is on its way is no second purchase; the checkout would refuse it.
  async once(also) {
    if (this.isBuying) return
    this.isBuying = true
    try {
      await this.buy(also)
    } catch (error) {
      getApp().refused(error)
    } finally {
      this.isBuying = false
    }
  },

  look() {
    wx.switchTab({ url: '/pages/index/index' })
  },
}))
