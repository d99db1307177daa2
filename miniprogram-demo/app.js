const language = require('./lib/language')
const orders = require('./lib/orders')
const { openCheckout } = require('./lib/opening')

App({
  // What pages show. `view` is the checkout's own; the rest is what only the shop knows.
  state: { view: null, lang: language.current(), isResumed: false, isOffline: false, isDismissed: false, trouble: null },
  listeners: [],

  onLaunch() {
    this.followNetwork()
    this.openCheckout()
  },

  openCheckout() {
    this.change({ trouble: null })
    this.checkout = openCheckout()
    this.checkout.then(checkout => {
      this.change({ isResumed: checkout.view.phase !== 'idle' })
      this.publish(checkout.view)
      checkout.onChange(view => this.publish(view))
      checkout.onOutcome(outcome => this.deliver(outcome))
    }).catch(error => this.change({ trouble: sentences(error) }))
  },

  followNetwork() {
    const told = isOffline => this.change({ isOffline })
    wx.getNetworkType({ success: ({ networkType }) => told(networkType === 'none'), fail() {} })
    wx.onNetworkStatusChange(({ isConnected }) => told(!isConnected))
  },

  // Calls the page now and after each change; the page calls what it gets back when it is left.
  follow(listener) {
    this.listeners.push(listener)
    listener(this.state)
    return () => {
      this.listeners = this.listeners.filter(one => one !== listener)
    }
  },

  change(parts) {
    this.state = { ...this.state, ...parts }
    this.listeners.forEach(listener => listener(this.state))
  },

  publish(view) {
    if (view.order) orders.note(view.order)
    if (view.order && view.receipt) orders.receipt(view.order.orderId, view.receipt)
    wx.getRealtimeLogManager().info({ checkout: { phase: view.phase, revision: view.revision, orderId: view.order && view.order.orderId } })
    const isResumed = this.state.isResumed && view.phase !== 'idle'
    this.change({ view, isResumed, isDismissed: this.state.isDismissed && view.phase === 'idle' })
  },

  // An outcome that the payer has not seen yet: of the purchase just made, or of one before the app was killed.
  // What is not paid is on the card that every page has.
  deliver({ outcome, orderId, view }) {
    if (outcome !== 'paid') return
    const isInFront = Boolean(view.order && view.order.orderId === orderId)
    const { order } = isInFront ? view : view.watched.find(one => one.order.orderId === orderId)
    orders.note(order)
    orders.settle(orderId)
    // Another order that turned out to be paid does not push the one in front away: it waits on the card.
    if (isInFront || view.phase === 'idle') this.showResult(orderId)
  },

  showResult(orderId) {
    const pages = getCurrentPages()
    const top = pages.length > 0 ? pages[pages.length - 1].route : ''
    const url = `/pages/result/result?orderId=${encodeURIComponent(orderId)}`
    if (top === 'pages/checkout/checkout') wx.redirectTo({ url })
    else if (top !== 'pages/result/result') wx.navigateTo({ url })
  },

  // The payer taps one of view.actions.
  async act(action) {
    try {
      const checkout = await this.checkout
      const { order } = this.state.view
      if (action === 'acknowledge') checkout.acknowledge(order && order.orderId)
      else checkout[action]()
    } catch (error) {
      this.refused(error)
    }
  },

  refused(error) {
    const t = language.words('shop')
    const content = sentences(error)[language.current()]
    wx.showModal({ title: t.notDone, content, showCancel: false, confirmText: t.ok })
  },
})

function sentences(error) {
  const text = String((error && error.message) || error)
  return (error && error.messages) || { zh: text, en: text }
}
