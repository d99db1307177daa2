const language = require('../../lib/language')
const shopPage = require('../../lib/shop-page')
const trace = require('../../lib/trace')

const MOST = 60
const GROUPS = [['idle', 'recording', 'signingIn', 'creatingOrder', 'saving'], ['paying', 'confirming'], ['paid', 'unpaid', 'unconfirmed', 'closed', 'failed']]

// What the machine did, newest first, as the checkout itself writes it down.
Page(shopPage({
  words: 'inspector',
  isTab: true,
  data: { phase: '', phaseName: '', revision: '', offers: '', orderId: '', took: '', map: [], steps: [], raw: '', isRaw: false },

  follow() {
    this.render()
  },

  async render() {
    const { view } = getApp().state
    if (!view) return
    const lines = (await getApp().checkout).trace()
    const t = language.words('inspector')
    const { action } = language.words('status')
    const pay = language.words('checkout').pay
    this.lines = lines
    this.setData({
      phase: view.phase,
      phaseName: t.phase[view.phase],
      revision: view.revision,
      offers: view.actions.map(name => (name === 'pay' ? pay : action[name])).join(' · ') || t.none,
      orderId: view.order ? view.order.orderId : '',
      took: trace.took(lines),
      map: GROUPS.map((phases, group) => ({
        name: t.groups[group],
        phases: phases.map(phase => ({ phase, name: t.phase[phase], isNow: phase === view.phase })),
      })),
      steps: trace.tell(lines, t, MOST),
      raw: this.data.isRaw ? lines.slice(-MOST).join('\n') : '',
    })
  },

  toggleRaw() {
    this.setData({ isRaw: !this.data.isRaw })
    this.render()
  },

  copy() {
    const cannot = () => {
      this.setData({ isRaw: true })
      this.render()
      wx.showToast({ title: this.data.t.cannotCopy, icon: 'none' })
    }
    if (!wx.canIUse('setClipboardData')) return cannot()
    return wx.setClipboardData({
      data: (this.lines || []).join('\n'),
      success: () => wx.showToast({ title: this.data.t.copied, icon: 'none' }),
      fail: cannot,
    })
  },
}))
