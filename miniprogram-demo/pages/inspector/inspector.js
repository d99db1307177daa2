const language = require('../../lib/language')

// One line of the trace, for reading: what happened, the state after it, and what was asked of the phone.
function step(line) {
  const { event, state, taken, effects } = JSON.parse(line)
  return { event, state, taken: taken === 'yes' ? '' : taken, effects: effects.join(' · ') }
}

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
