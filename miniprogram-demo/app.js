const { createCheckout } = require('wx-checkout')
const { baseUrl } = require('./config')
const cart = require('./lib/cart')
const history = require('./lib/history')
const language = require('./lib/language')

App({
  view: null,
  listeners: [],

  onLaunch() {
    this.checkout = createCheckout({ baseUrl })
    this.checkout.then(checkout => {
      checkout.onChange(view => this.publish(view))
      checkout.onOutcome(outcome => this.deliver(outcome))
      this.publish(checkout.view)
    }, error => this.refused(error))
  },

  // Calls the page now and after each change; the page calls what it gets back when it is closed.
  follow(listener) {
    this.listeners.push(listener)
    if (this.view) listener(this.view)
    return () => {
      this.listeners = this.listeners.filter(one => one !== listener)
    }
  },

  publish(view) {
    this.view = view
    wx.getRealtimeLogManager().info({ checkout: { phase: view.phase, revision: view.revision, orderId: view.order && view.order.orderId } })
    this.listeners.forEach(listener => listener(view))
  },

  // An outcome that the payer has not seen yet: of the purchase just made, or of one before the app was killed.
  deliver({ outcome, orderId, view }) {
    const inFront = view.order && view.order.orderId === orderId
    if (outcome === 'paid') {
      const order = inFront ? view.order : view.watched.map(one => one.order).find(one => one.orderId === orderId)
      history.add({ ...order, paidAt: inFront && view.receipt ? view.receipt.paidAt : '' })
      if (inFront) cart.clear()
      this.open('/pages/result/result', `?orderId=${orderId}&amount=${order.amount}`)
    } else if (inFront) {
      this.open('/pages/checkout/checkout', '')
    }
  },

  // The payer taps one of view.actions.
  async act(action) {
    try {
      const checkout = await this.checkout
      if (action === 'acknowledge') checkout.acknowledge(this.view.order && this.view.order.orderId)
      else checkout[action]()
    } catch (error) {
      this.refused(error)
    }
  },

  refused(error) {
    const t = language.texts()
    const content = error.messages ? error.messages[language.current()] : error.message
    wx.showModal({ title: t.cannot, content, showCancel: false, confirmText: t.ok })
  },

  open(page, query) {
    const pages = getCurrentPages()
    const top = pages.length > 0 ? `/${pages[pages.length - 1].route}` : ''
    if (top === page && query === '') return
    if (top === '/pages/checkout/checkout') wx.redirectTo({ url: page + query })
    else wx.navigateTo({ url: page + query })
  },
})
