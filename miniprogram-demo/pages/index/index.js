const catalogue = require('../../catalogue')
const cart = require('../../lib/cart')
const language = require('../../lib/language')
const { yuan } = require('../../lib/money')

Page({
  data: { t: {}, articles: [], count: 0, total: '0.00', view: null, underWay: false },

  onLoad() {
    this.unfollow = getApp().follow(view => this.setData({ view, underWay: view.phase !== 'idle' }))
  },

  onUnload() {
    this.unfollow()
  },

  onShow() {
    this.render()
  },

  render() {
    const lang = language.current()
    const t = language.texts()
    const quantities = cart.quantities()
    this.setData({
      t,
      count: cart.count(),
      total: yuan(cart.total()),
      articles: catalogue.map(({ sku, price, mark, hue, name, note }) => ({
        sku, mark, hue, title: name[lang], remark: note[lang], yuan: yuan(price), quantity: quantities[sku] || 0,
      })),
    })
    wx.setNavigationBarTitle({ title: t.shop })
    t.tabs.forEach((text, index) => wx.setTabBarItem({ index, text }))
  },

  add(event) {
    cart.change(event.currentTarget.dataset.sku, 1)
    this.render()
  },

  remove(event) {
    cart.change(event.currentTarget.dataset.sku, -1)
    this.render()
  },

  switchLanguage() {
    language.toggle()
    this.render()
    if (this.data.view) this.setData({ view: { ...this.data.view } })
  },

  toCheckout() {
    wx.navigateTo({ url: '/pages/checkout/checkout' })
  },
})
