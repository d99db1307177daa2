const language = require('./language')

// What every page of the shop does: it speaks the payer's language, and shows the checkout as it changes while
// the page is in front. `words` names its part of the texts; `render` is called whenever it is shown.
module.exports = page => ({
  ...page,
  data: { ...page.data, lang: '', t: {}, state: null },

  onShow() {
    this.speak()
    this.unfollow = getApp().follow(state => {
      this.setData({ state })
      if (page.follow) this.follow(state)
    })
    this.render()
  },

  onHide() {
    this.leave()
  },

  onUnload() {
    this.leave()
  },

  leave() {
    if (this.unfollow) this.unfollow()
    this.unfollow = undefined
  },

  speak() {
    const lang = language.current()
    if (this.data.lang === lang) return
    const t = language.words(page.words)
    this.setData({ lang, t })
    wx.setNavigationBarTitle({ title: t.title })
    if (page.isTab) language.words('tabs').forEach((text, index) => wx.setTabBarItem({ index, text, fail() {} }))
  },
})
