// @ts-check
// What a person does in the tea shop of the demo, by what can be read on its screen.

/** Words on the screen, by what they say. @type {Record<string, string[]>} */
const SHOWS = { paid: ['支付成功'], unpaid: ['尚未支付', '订单已关闭'], failed: ['未能发起支付', '操作未执行'] }
const CAN_ADD = '加入购物车'
const CAN_CHECK_OUT = '去结算'
const CAN_PAY = /^支付 ¥[\d.]+$/

/** Offered while an order of an earlier run, with --keep, waits to be paid. */
const CAN_CONTINUE = '继续支付'
/** Offered with a payment that was not seen yet. */
const CAN_FINISH = '完成'

/**
 * Puts the first article into the cart and pays for it. What an earlier run left open comes first, as it
 * does on a phone: a payment is taken note of, and an order that waits is paid instead.
 * @param {import('./screen.js').Screen} screen
 */
export async function buy(screen) {
  const steps = [CAN_ADD, CAN_CHECK_OUT, CAN_PAY]
  for (let at = 0; at < steps.length; ) {
    const step = steps[at]
    const label = await screen.until(`"${step}"`, () => [CAN_CONTINUE, CAN_FINISH, step].find((one) => screen.canTap(one)))
    screen.tap(label)
    if (label === CAN_CONTINUE) return
    at = label === CAN_FINISH ? 0 : at + 1
  }
}

/**
 * Goes back to the shop from a payment, so that the shop has noted that it was seen.
 * @param {import('./screen.js').Screen} screen
 */
export async function leave(screen) {
  screen.tap(CAN_FINISH)
  await screen.until('the shop', () => screen.canTap(CAN_ADD))
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
