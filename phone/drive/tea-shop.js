// @ts-check
// What a person does in the tea shop of the demo, by what can be read on its screen.

/** Words on the screen, by what they say. @type {Record<string, string[]>} */
const SHOWS = { paid: ['支付成功'], unpaid: ['尚未支付', '订单已关闭'], failed: ['未能发起支付', '操作未执行'] }
const CAN_ADD = '加入购物车'
const CAN_CHECK_OUT = '去结算'
const CAN_PAY = /^支付 ¥[\d.]+$/

/**
 * Puts the first article into the cart and pays for it.
 * @param {import('./screen.js').Screen} screen
 */
export async function buy(screen) {
  await screen.tapWhenThere(CAN_ADD)
  await screen.tapWhenThere(CAN_CHECK_OUT)
  await screen.tapWhenThere(CAN_PAY)
}

/**
 * Waits until the shop says what is hoped for, or that it failed. "Not paid" is not final while a payment
 * is hoped for: WeChat's own answer lags behind the money.
 * @param {import('./screen.js').Screen} screen
 * @param {'paid' | 'unpaid'} hoped
 * @returns {Promise<string>} `paid`, `unpaid` or `failed`
 */
export async function readOutcome(screen, hoped) {
  return screen.until(`the shop to say ${hoped}`, ({ text }) => [hoped, 'failed'].find((outcome) => SHOWS[outcome].some((word) => text.includes(word))))
}
