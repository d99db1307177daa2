// @ts-check
// What the page around the phone says. Texts of the mini program and of WeChat's side are not in here.

export const TEXTS = {
  'zh-CN': {
    htmlTitle: 'wx-checkout：模拟手机里的小程序',
    tagline: '模拟手机里的真实收银台。不会真实扣款：微信侧由本机沙箱代替。',
    simulated: '模拟', other: 'English',
    viewPhone: '手机', viewTimeline: '经过',
    phone: '模拟手机', program: '小程序', back: '返回', menu: '更多', toHome: '关闭小程序', tabs: '标签栏',
    wifi: 'Wi-Fi 已连接', airplane: '飞行模式', slow: '慢速网络', battery: '电池',
    controls: '会发生什么', kill: '结束应用', open: '打开应用', background: '切到后台', foreground: '回到前台',
    airplaneButton: '飞行模式', slowButton: '慢速网络', clear: '清空存储',
    starting: '正在打开', killed: '应用已被结束', killedNote: '内存里的一切都没有了，本地存储还在。',
    hidden: '应用在后台', hiddenNote: '未完成的请求会在 5 秒后中断。',
    cleared: '存储已清空', clearedNote: '像是删除后重新安装的小程序。',
    failed: '小程序无法运行', failedNote: '改好之后重新加载。', reload: '重新加载',
    pageFailed: '页面出错了', goOn: '继续', dismiss: '知道了',
    sheet: '微信支付', payTo: '付款给', goods: '商品', method: '付款方式', balance: '零钱（模拟）',
    pay: '支付', paying: '正在支付…', close: '关闭', or: '或者，让意外发生',
    insufficient: '余额不足', leave: '放着不管', payKill: '付款后应用被杀', justKill: '未付款，应用被杀', payLose: '付款后断网', payCancel: '付款，却回调取消',
    poor: '零钱余额不足，未扣款。可以再试一次，或关闭。', offline: '网络不可用，未扣款。请关闭飞行模式后重试。',
    leftOpen: '付款面板还开着', backToSheet: '回到面板',
    timeline: '经过', save: '保存', empty: '还没有事情发生。', count: '条', filters: '显示', all: '全部',
    kinds: { wx: 'wx', http: 'HTTP', sign: '签名', wechat: '微信侧', notify: '通知', state: '状态机', phone: '手机', warn: '警告', error: '错误' },
    did: {
      opened: '打开了小程序', killed: '应用被杀', hidden: '切到后台', shown: '回到前台', airplaneOn: '飞行模式：开', airplaneOff: '飞行模式：关', slowOn: '慢速网络：开', slowOff: '慢速网络：关',
      cleared: '清空了存储', sheetOpened: '付款面板打开', sheetLeft: '付款面板被放着不管', sheetPay: '付款人：支付', sheetClose: '付款人：关闭面板', sheetPoor: '付款人：余额不足',
      sheetPayKill: '付款人：支付；应用随即被杀', sheetKill: '付款面板开着时应用被杀', sheetPayLose: '付款人：支付；网络随即中断', sheetPayCancel: '付款人：支付；回调却说取消',
    },
    page: '页面', verified: '验签通过', refused: '验签失败', taken: '不再有效',
  },
  en: {
    htmlTitle: 'wx-checkout: a mini program on a simulated phone',
    tagline: 'A real checkout on a simulated phone. No money moves: a sandbox on this machine stands in for WeChat.',
    simulated: 'simulated', other: '中文',
    viewPhone: 'Phone', viewTimeline: 'Timeline',
    phone: 'simulated phone', program: 'mini program', back: 'Back', menu: 'More', toHome: 'Close the mini program', tabs: 'Tab bar',
    wifi: 'Wi-Fi connected', airplane: 'Airplane mode', slow: 'Slow network', battery: 'Battery',
    controls: 'Make it happen', kill: 'Kill the app', open: 'Open the app', background: 'To background', foreground: 'Back to front',
    airplaneButton: 'Airplane mode', slowButton: 'Slow network', clear: 'Clear storage',
    starting: 'Opening', killed: 'The app was killed', killedNote: 'Everything in memory is gone; its storage is kept.',
    hidden: 'The app is in the background', hiddenNote: 'Requests that are not finished are interrupted after 5 seconds.',
    cleared: 'Storage is cleared', clearedNote: 'As if the mini program had been deleted and installed again.',
    failed: 'The mini program cannot run', failedNote: 'Mend it, then load it again.', reload: 'Load again',
    pageFailed: 'The page failed', goOn: 'Go on', dismiss: 'Dismiss',
    sheet: 'WeChat Pay', payTo: 'Pay to', goods: 'Goods', method: 'Paid with', balance: 'Balance (simulated)',
    pay: 'Pay', paying: 'Paying…', close: 'Close', or: 'Or let something go wrong',
    insufficient: 'Not enough money', leave: 'Leave it open', payKill: 'Pay, app is killed', justKill: 'App is killed, unpaid', payLose: 'Pay, network is lost', payCancel: 'Pay, told cancelled',
    poor: 'Not enough money, nothing was taken. Choose again, or close.', offline: 'No network, nothing was taken. Turn airplane mode off and try again.',
    leftOpen: 'The payment sheet is still open', backToSheet: 'Back to it',
    timeline: 'Timeline', save: 'Save', empty: 'Nothing has happened yet.', count: 'lines', filters: 'Show', all: 'All',
    kinds: { wx: 'wx', http: 'HTTP', sign: 'signature', wechat: 'WeChat', notify: 'notification', state: 'machine', phone: 'phone', warn: 'warning', error: 'error' },
    did: {
      opened: 'opened the mini program', killed: 'the app was killed', hidden: 'went to the background', shown: 'came back to the front', airplaneOn: 'airplane mode on', airplaneOff: 'airplane mode off', slowOn: 'slow network on', slowOff: 'slow network off',
      cleared: 'storage cleared', sheetOpened: 'the payment sheet opened', sheetLeft: 'the payment sheet is left open', sheetPay: 'the payer pays', sheetClose: 'the payer closes the sheet', sheetPoor: 'the payer has not enough money',
      sheetPayKill: 'the payer pays, and the app is killed', sheetKill: 'the app is killed with the sheet open', sheetPayLose: 'the payer pays, and the network is lost', sheetPayCancel: 'the payer pays, and the page is told of a cancel',
    },
    page: 'page', verified: 'signature verified', refused: 'signature refused', taken: 'no longer valid',
  },
}

const KEY = 'wx-phone-page-language'

/** @typedef {keyof typeof TEXTS} Language */

/** @returns {Language} */
export function language() {
  const kept = localStorage.getItem(KEY)
  if (kept === 'zh-CN' || kept === 'en') return kept
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en'
}

export function texts() {
  return TEXTS[language()]
}

/** @returns {Language} */
export function switchLanguage() {
  localStorage.setItem(KEY, language() === 'en' ? 'zh-CN' : 'en')
  return language()
}

/** Puts the texts into every element that names one: `data-t` its content, `data-t-label` its name. */
export function applyTexts() {
  const now = /** @type {Record<string, any>} */ (texts())
  document.documentElement.lang = language()
  document.title = now.htmlTitle
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = now[element.getAttribute('data-t') ?? '']
  for (const element of document.querySelectorAll('[data-t-label]')) element.setAttribute('aria-label', now[element.getAttribute('data-t-label') ?? ''])
}
