const catalogue = require('../../catalogue')
const cart = require('../../lib/cart')
const goods = require('../../lib/goods')
const language = require('../../lib/language')
const shopPage = require('../../lib/shop-page')
const { yuan } = require('../../lib/money')

Page(shopPage({
  words: 'index',
  isTab: true,
  data: { articles: [], count: 0, total: '0.00' },

  render() {
    const lang = language.current()
    const quantities = cart.quantities()
    this.setData({
      count: goods.count(quantities),
      total: yuan(goods.total(quantities)),
      articles: catalogue.map(({ sku, price, mark, from, to, name, note }) => ({
        sku, mark, from, to, title: name[lang], remark: note[lang], yuan: yuan(price), quantity: quantities[sku] || 0,
      })),
    })
  },

  add(event) {
    cart.change(event.currentTarget.dataset.sku, 1)
    this.render()
  },

  remove(event) {
    cart.change(event.currentTarget.dataset.sku, -1)
    this.render()
  },

  buyNow(event) {
    wx.navigateTo({ url: `/pages/checkout/checkout?sku=${event.currentTarget.dataset.sku}` })
  },

  switchLanguage() {
    language.toggle()
    this.speak()
    this.render()
    getApp().change({ lang: language.current() })
  },

  toCart() {
    wx.switchTab({ url: '/pages/cart/cart' })
  },

  toCheckout() {
    wx.navigateTo({ url: '/pages/checkout/checkout' })
  },
}))
