const { card } = require('./card')
const goods = require('../../lib/goods')
const language = require('../../lib/language')
const orders = require('../../lib/orders')

// The one place that draws the checkout's view, on every page. What can be done comes from view.actions.
Component({
  properties: {
    state: { type: Object, value: null },
    canBuy: { type: Boolean, value: false },
    hiddenOrder: { type: String, value: '' },
  },
  data: { t: {}, card: {} },

  observers: {
    'state, canBuy, hiddenOrder'(state, canBuy, hiddenOrder) {
      if (!state) return
      const t = language.words('status')
      this.setData({ t, card: card(state, t, { canBuy, hiddenOrder, goodsOf }) })
    },
  },

  methods: {
    act(event) {
      const { action } = event.currentTarget.dataset
      if (action === 'dismiss') getApp().change({ isDismissed: true })
      else if (action === 'pay') wx.navigateTo({ url: '/pages/checkout/checkout?last=1' })
      else if (action === 'buyAgain') this.triggerEvent('buyagain')
      else getApp().act(action)
    },

    show(event) {
      getApp().showResult(event.currentTarget.dataset.order)
    },

    retry() {
      getApp().openCheckout()
    },
  },
})

function goodsOf(orderId) {
  const order = orders.find(orderId)
  return order ? goods.summary(order.quantities) : ''
}
