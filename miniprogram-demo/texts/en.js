// Everything the shop says itself. What is said about money comes from the checkout, in both languages.
module.exports = {
  tabs: ['Shop', 'Cart', 'Orders', 'State'],

  shop: { notDone: 'Not done', ok: 'OK' },

  index: {
    title: 'Qinghe Tea', slogan: 'One leaf, one taste', language: '中文', add: 'Add to cart', buyNow: 'Buy now',
    more: 'One more', less: 'One less', pieces: 'pcs', total: 'Total', toCart: 'See the cart', toCheckout: 'Check out',
  },

  cart: {
    title: 'Cart', empty: 'The cart is empty', emptyNote: 'Choose a tea: it is bought within a minute.', look: 'To the shop', more: 'One more', less: 'One less',
    each: 'each', total: 'Total', toCheckout: 'Check out', note: 'It is emptied only once you have paid; until then everything stays here.',
  },

  checkout: {
    title: 'Your order', goods: 'Goods', total: 'Total', pay: 'Pay', empty: 'Nothing to pay for', emptyNote: 'Choose a tea in the shop first.', look: 'To the shop',
    note: 'The shop\'s server checks the price: no order is made if it differs from this.',
    first: 'Finish the order above first, then pay for these.',
  },

  result: {
    title: 'Payment', paid: 'Paid', refunding: 'Being refunded', refunded: 'Refunded', thanks: 'Your tea is ready: show the order number.',
    goods: 'Goods', order: 'Order', paidAt: 'Paid at',
    wechat: 'WeChat Pay number', refundedAmount: 'Refunded', done: 'Done', orders: 'See orders',
  },

  orders: {
    title: 'My orders', empty: 'No orders yet', emptyNote: 'What you have paid for appears here.', look: 'To the shop', paid: 'Paid', refunding: 'Being refunded',
    refunded: 'Refunded', open: 'View', order: 'Order', unknownGoods: 'Ordered on another device', history: 'Paid orders',
  },

  inspector: {
    title: 'Checkout state', intro: 'A state machine leads each payment: it saves the order first, then opens the payment window, and asks the server in the end. Here you see every step.',
    now: 'State', offers: 'Offers', none: 'none', order: 'Order', took: 'Took', version: 'View', map: 'Map of states', trace: 'What happened', newest: 'newest first',
    noTrace: 'Nothing so far', copy: 'Copy the trace', copied: 'Copied', cannotCopy: 'Copying is not possible here: press long on the text below', raw: 'Raw', readable: 'Readable',
    asks: 'Asks for', state: 'State', stale: 'changed nothing', rejected: 'rejected', since: 'since the step before',
    groups: ['Prepare', 'Pay', 'Outcome'],
    phase: {
      idle: 'Idle', recording: 'Recording', signingIn: 'Signing in', creatingOrder: 'Ordering', saving: 'Saving', paying: 'Paying',
      confirming: 'Confirming', unpaid: 'Unpaid', unconfirmed: 'Unconfirmed', closed: 'Closed', paid: 'Paid', failed: 'Not opened',
    },
    event: {
      Checkpoint: 'Older steps were left out', Start: 'Tapped "Pay"', CheckAgain: 'Tapped "Check again"', PayAgain: 'Tapped "Continue to pay"', SheetClosed: 'Tapped "I closed the payment window"',
      Abandon: 'Gave up the purchase', SetAside: 'Set the order aside', Acknowledge: 'Saw the outcome', Shown: 'Came to the front', Hidden: 'Went to the background', Restore: 'Opened the app, read the storage',
      LoggedIn: 'WeChat signed in', LoginFailed: 'WeChat did not sign in', Called: 'The server answered', CallLost: 'No answer from the server', 'SheetAnswered(Ok)': 'The payment window said: ok',
      'SheetAnswered(Cancelled)': 'The payment window said: cancelled', 'SheetAnswered(Other)': 'The payment window said something else', Stored: 'Saved', StoreFailed: 'Could not be saved', Slept: 'The wait was over', Host: 'In WeChat\'s own words',
    },
    effect: {
      Login: 'Sign in with WeChat', 'Call(Exchange)': 'Server: sign in', 'Call(CreateOrder)': 'Server: make the order', 'Call(Verify)': 'Server: is it paid?', 'Call(Close)': 'Server: close the order',
      'Call(ListOrders)': 'Server: list open orders', 'Call(Acknowledge)': 'Server: outcome was seen', Pay: 'Open the payment window', Save: 'Save on the phone', Preserve: 'Keep the old storage', Forget: 'Clear the storage', Sleep: 'Wait',
    },
  },

  status: {
    phase: {
      idle: 'Note', recording: 'Preparing', signingIn: 'Signing in', creatingOrder: 'Placing the order', saving: 'Saving the order', paying: 'Waiting for payment',
      confirming: 'Confirming the payment', unpaid: 'Not paid yet', unconfirmed: 'Not confirmed yet', closed: 'Order closed', paid: 'Paid', failed: 'Payment was not opened',
    },
    refund: { refunding: 'Being refunded', refunded: 'Refunded' }, refundedAmount: 'Refunded',
    refundNote: { refunding: 'The refund is on its way, to where the payment came from.', refunded: 'The money went back to where the payment came from.' },
    action: {
      pay: 'Order again', payAgain: 'Continue to pay', checkAgain: 'Check again', sheetClosed: 'I closed the payment window', abandon: 'Give up', setAside: 'Set aside',
      acknowledge: 'Got it', buyAgain: 'Buy again',
    },
    steps: ['Order', 'Pay', 'Confirm'],
    lookingUp: 'Looking up your last order', resumed: 'Left unfinished', looking: 'Looking it up…', nextLook: 'It is looked up again by itself.', order: 'Order', openOrder: 'The open order',
    support: 'Code', dismiss: 'Got it', view: 'View',
    watched: 'Orders to look at', watchedNote: 'Looked up by itself; no second payment is needed.', outcome: { paid: 'Paid', unpaid: 'Not paid', unconfirmed: 'To be confirmed', failed: 'Not paid' },
    trouble: 'Paying is not possible now', troubleNote: 'You can go on choosing; the cart is kept.', retry: 'Try again',
    offline: 'No network', offlineNote: 'It goes on by itself when the network is back. Paid money is safe: do not pay twice.',
    storage: {
      failing: 'The phone cannot save: free some space. The server keeps your order, nothing is lost.', damaged: 'What was saved on the phone is unreadable; your orders were looked up on the server.',
      newer: 'What was saved on the phone comes from a newer version; your orders were looked up on the server.',
    },
  },
}
