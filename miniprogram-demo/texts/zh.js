// Everything the shop says itself. What is said about money comes from the checkout, in both languages.
module.exports = {
  tabs: ['茶铺', '购物车', '订单', '状态'],

  shop: { notDone: '操作未执行', ok: '好' },

  index: {
    title: '清和茶铺', slogan: '一叶一味，现泡现取', language: 'English', add: '加入购物车', buyNow: '立即购买',
    more: '增加', less: '减少', pieces: '件', total: '合计', toCart: '查看购物车', toCheckout: '去结算',
  },

  cart: {
    title: '购物车', empty: '购物车是空的', emptyNote: '挑一款茶，一分钟就能买好。', look: '去逛逛', more: '增加', less: '减少',
    each: '单价', total: '合计', toCheckout: '去结算', note: '付款成功后才会清空；没付成，商品都还在这里。',
  },

  checkout: {
    title: '确认订单', goods: '商品', total: '合计', pay: '支付', empty: '没有要结算的商品', emptyNote: '先到茶铺挑一款吧。', look: '去逛逛',
    note: '价格由商家服务器核对：与上面不同就不会下单。',
    first: '请先处理上面的订单，再为这些商品付款。',
  },

  result: {
    title: '支付结果', paid: '支付成功', refunding: '退款中', refunded: '已退款', thanks: '茶已备好，请凭订单号取茶。',
    goods: '商品', order: '订单号', paidAt: '支付时间',
    wechat: '微信支付单号', refundedAmount: '已退', done: '完成', orders: '查看订单',
  },

  orders: {
    title: '我的订单', empty: '还没有订单', emptyNote: '付款成功的订单会出现在这里。', look: '去逛逛', paid: '已支付', refunding: '退款中',
    refunded: '已退款', open: '查看', order: '订单号', unknownGoods: '其他设备上的订单', history: '已支付的订单',
  },

  inspector: {
    title: '收银台状态', intro: '付款由一台状态机带着走：它先存好订单，再打开支付窗口，最后向服务器核实。这里能看到它的每一步。',
    now: '当前状态', offers: '可选操作', none: '无', order: '订单号', took: '本次用时', version: '视图版本', map: '状态图', trace: '经过', newest: '最新的在最上面',
    noTrace: '还没有动作', copy: '复制记录', copied: '已复制', cannotCopy: '这里不能复制，请长按下面的原文', raw: '看原文', readable: '看说明',
    asks: '请求', state: '状态', stale: '没有改变什么', rejected: '已拒绝', since: '距上一步',
    groups: ['准备', '付款', '结果'],
    phase: {
      idle: '空闲', recording: '记下购买', signingIn: '登录', creatingOrder: '下单', saving: '存订单', paying: '付款中',
      confirming: '核实中', unpaid: '未支付', unconfirmed: '待确认', closed: '已关闭', paid: '已支付', failed: '未发起',
    },
    event: {
      Checkpoint: '更早的记录已省略', Start: '点了“支付”', CheckAgain: '点了“再查一次”', PayAgain: '点了“继续支付”', SheetClosed: '点了“我已关闭支付窗口”',
      Abandon: '放弃了购买', SetAside: '放到一边', Acknowledge: '看过了结果', Shown: '回到前台', Hidden: '进入后台', Restore: '打开小程序，读取存储',
      LoggedIn: '微信登录成功', LoginFailed: '微信登录失败', Called: '服务器回答', CallLost: '没有等到服务器的回答', 'SheetAnswered(Ok)': '支付窗口说：成功',
      'SheetAnswered(Cancelled)': '支付窗口说：取消', 'SheetAnswered(Other)': '支付窗口说了别的', Stored: '存储已写好', StoreFailed: '存储写入失败', Slept: '等待结束', Host: '微信的原话',
    },
    effect: {
      Login: '微信登录', 'Call(Exchange)': '向服务器登录', 'Call(CreateOrder)': '向服务器下单', 'Call(Verify)': '向服务器核实', 'Call(Close)': '请服务器关单',
      'Call(ListOrders)': '查未完成的订单', 'Call(Acknowledge)': '告诉服务器已看过', Pay: '打开支付窗口', Save: '存到手机', Preserve: '保留旧存储', Forget: '清除存储', Sleep: '计时',
    },
  },

  status: {
    phase: {
      idle: '提示', recording: '正在准备', signingIn: '正在登录', creatingOrder: '正在下单', saving: '正在保存订单', paying: '等待付款',
      confirming: '正在确认付款', unpaid: '尚未支付', unconfirmed: '暂未确认', closed: '订单已关闭', paid: '支付成功', failed: '未能发起支付',
    },
    refund: { refunding: '退款中', refunded: '已退款' }, refundedAmount: '已退',
    refundNote: { refunding: '退款正在处理，会原路退回。', refunded: '款项已原路退回。' },
    action: {
      pay: '重新下单', payAgain: '继续支付', checkAgain: '再查一次', sheetClosed: '我已关闭支付窗口', abandon: '放弃本次购买', setAside: '先放一边',
      acknowledge: '知道了', buyAgain: '再买一份',
    },
    steps: ['下单', '付款', '确认'],
    lookingUp: '正在查询上次的订单', resumed: '上次没有完成', looking: '正在查询…', nextLook: '会自动再次查询，无需操作。', order: '订单号', openOrder: '未结束的订单',
    support: '错误码', dismiss: '知道了', view: '查看',
    watched: '待处理的订单', watchedNote: '会自动查询，无需重复付款。', outcome: { paid: '已支付', unpaid: '未支付', unconfirmed: '待确认', failed: '未支付' },
    trouble: '收银台暂时不可用', troubleNote: '可以继续挑选，购物车会保留。', retry: '重试',
    offline: '网络已断开', offlineNote: '恢复后会自动继续查询。已付的钱不会丢失，请勿重复付款。',
    storage: {
      failing: '手机存储写不进去：请清理空间。订单以服务器记录为准，不会丢失。', damaged: '手机上的旧记录读不出来，已改从服务器查询您的订单。',
      newer: '手机上的记录来自更新的版本，已改从服务器查询您的订单。',
    },
  },
}
