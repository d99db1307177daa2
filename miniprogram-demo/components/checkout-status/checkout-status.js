const language = require('../../lib/language')
const { yuan } = require('../../lib/money')

// How a state looks: something is going on, it went well, or the payer has something to decide.
const TONE = { idle: 'calm', paid: 'good', unpaid: 'decide', unconfirmed: 'decide', closed: 'decide', failed: 'decide' }

Component({
  properties: { view: { type: Object, value: null } },
  data: { t: {}, lang: 'zh', buttons: [], amount: '', tone: 'calm' },

  observers: {
    view(view) {
      if (!view) return
      const t = language.texts()
      this.setData({
        t,
        lang: language.current(),
        tone: TONE[view.phase] || 'busy',
        amount: view.order ? yuan(view.order.amount) : '',
        // Buying is the page's own button: only the page knows what is in the cart.
        buttons: view.actions.filter(action => action !== 'pay' && action !== 'buyAgain').map(action => ({ action, label: t.action[action] })),
      })
    },
  },

  methods: {
    act(event) {
      getApp().act(event.currentTarget.dataset.action)
    },
  },
})
