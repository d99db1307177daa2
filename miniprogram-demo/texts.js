// Everything the shop says itself. What is said about money comes from the checkout, in both languages.
module.exports = {
  zh: {
    shop: '清和茶铺', slogan: '一叶一味,现泡现取', language: 'English',
    tabs: ['茶铺', '订单', '状态'],
    add: '加入购物车', more: '增加', less: '减少', toCheckout: '去结算', empty: '购物车是空的', total: '合计',
    checkout: '确认订单', pay: '支付', buyAgain: '再买一份',
    phase: {
      idle: '待支付', recording: '正在准备', signingIn: '正在登录', creatingOrder: '正在下单', saving: '正在保存订单', paying: '等待付款',
      confirming: '正在确认付款', unpaid: '尚未支付', unconfirmed: '暂未确认', closed: '订单已关闭', paid: '支付成功', failed: '未能发起支付',
    },
    action: { payAgain: '继续支付', checkAgain: '再查一次', sheetClosed: '我已关闭付款窗口', abandon: '放弃这笔订单', setAside: '稍后处理', acknowledge: '知道了' },
    nextLook: '将自动再次查询', orderNumber: '订单号', done: '完成', viewOrders: '查看订单',
    thanks: '茶已备好,请凭订单号取茶。', orders: '我的订单', noOrders: '还没有订单', outcome: { paid: '已支付', unpaid: '未支付', unconfirmed: '待确认', failed: '未支付' },
    waiting: '待确认的订单', waitingNote: '会自动查询,无需重复付款。', inspector: '收银台状态', trace: '经过', noTrace: '还没有动作',
    phaseNow: '当前状态', actions: '可选操作', none: '无', cannot: '操作未执行', ok: '好',
  },
  en: {
    shop: 'Qinghe Tea', slogan: 'One leaf, one taste', language: '中文',
    tabs: ['Shop', 'Orders', 'State'],
    add: 'Add to cart', more: 'More', less: 'Less', toCheckout: 'Check out', empty: 'The cart is empty', total: 'Total',
    checkout: 'Your order', pay: 'Pay', buyAgain: 'Buy again',
    phase: {
      idle: 'Ready to pay', recording: 'Preparing', signingIn: 'Signing in', creatingOrder: 'Placing the order', saving: 'Saving the order', paying: 'Waiting for payment',
      confirming: 'Confirming the payment', unpaid: 'Not paid yet', unconfirmed: 'Not confirmed yet', closed: 'Order closed', paid: 'Paid', failed: 'Payment was not opened',
    },
    action: { payAgain: 'Continue to pay', checkAgain: 'Check again', sheetClosed: 'I closed the payment window', abandon: 'Give up this order', setAside: 'Deal with it later', acknowledge: 'Got it' },
    nextLook: 'Will be looked up again by itself', orderNumber: 'Order', done: 'Done', viewOrders: 'See orders',
    thanks: 'Your tea is ready: show the order number.', orders: 'My orders', noOrders: 'No orders yet', outcome: { paid: 'Paid', unpaid: 'Not paid', unconfirmed: 'To be confirmed', failed: 'Not paid' },
    waiting: 'To be confirmed', waitingNote: 'Looked up by itself; no second payment is needed.', inspector: 'Checkout state', trace: 'What happened', noTrace: 'Nothing so far',
    phaseNow: 'State', actions: 'Offers', none: 'none', cannot: 'Not done', ok: 'OK',
  },
}
