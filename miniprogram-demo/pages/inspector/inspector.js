const language = require('../../lib/language')
const { step } = require('../../lib/trace')

// What the machine did, newest first, as the checkout itself writes it down.
Page({
  data: { t: {}, view: null, offers: '', trace: [] },

  onLoad() {
    this.unfollow = getApp().follow(view => this.render(view))
  },

  onUnload() {
    this.unfollow()
  },

  onShow() {
    this.setData({ t: language.texts() })
    wx.setNavigationBarTitle({ title: language.texts().inspector })
    if (getApp().view) this.render(getApp().view)
  },

  async render(view) {
    const checkout = await getApp().checkout
    const t = language.texts()
    this.setData({ t, view, offers: view.actions.join(', ') || t.none, trace: checkout.trace().map(step).reverse() })
  },
})
