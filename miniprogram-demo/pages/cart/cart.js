const cart = require('../../lib/cart')
const goods = require('../../lib/goods')
const shopPage = require('../../lib/shop-page')
const { yuan } = require('../../lib/money')

Page(shopPage({
  words: 'cart',
  isTab: true,
  data: { lines: [], total: '0.00' },

  render() {
    const quantities = cart.quantities()
    this.setData({ lines: goods.shown(quantities), total: yuan(goods.total(quantities)) })
  },

  add(event) {
    cart.change(event.currentTarget.dataset.sku, 1)
    this.render()
  },

  remove(event) {
    cart.change(event.currentTarget.dataset.sku, -1)
    this.render()
  },

  look() {
    wx.switchTab({ url: '/pages/index/index' })
  },

  toCheckout() {
    wx.navigateTo({ url: '/pages/checkout/checkout' })
  },
}))
