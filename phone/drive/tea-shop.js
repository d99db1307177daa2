// @ts-check
// What a person does in the tea shop of the demo, by what can be read on its screen.

const SHOWS_PAID = '支付成功'
const SHOWS_UNPAID = '尚未支付'
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
 * Waits until the shop says what came of it.
 * @param {import('./screen.js').Screen} screen
 * @returns {Promise<'paid' | 'unpaid'>}
 */
export async function readOutcome(screen) {
  return screen.until('the shop to say paid or not paid', ({ text }) => (text.includes(SHOWS_PAID) && 'paid') || (text.includes(SHOWS_UNPAID) && 'unpaid'))
}
