// @ts-check
const PREPAY = /prepay_id=\w+/
/** How long the sandbox may take, in milliseconds. */
const LIMIT_MS = 30_000

/** WeChat's side of the phone, played by the sandbox: the phone itself can neither sign nor pay. */
export class WeChat {
  #base
  #openid
  /** Order numbers by `prepay_id=...`. @type {Map<string, string>} */
  #orders = new Map()
  /** @param {string} base the sandbox's address @param {string} openid whose phone it is */
  constructor(base, openid) {
    this.#base = base
    this.#openid = openid
  }

  /** A login code, for wx.login. @returns {Promise<string>} */
  async login() {
    const answer = await this.#post('/_sandbox/login', { openid: this.#openid })
    if (typeof answer.code !== 'string') throw new Error('the sandbox answered without a code')
    return answer.code
  }

  /**
   * The person's choice in the payment sheet.
   * @param {Record<string, string>} params what wx.requestPayment was given
   * @param {string} outcome `pay`, `cancel`, or another word the sandbox knows
   * @returns {Promise<string>} errMsg
   */
  async pay(params, outcome) {
    const answer = await this.#post('/_sandbox/pay', { ...params, openid: this.#openid, outcome })
    if (typeof answer.errMsg !== 'string') throw new Error('the sandbox answered without an errMsg')
    return answer.errMsg
  }

  /**
   * An answer of the shop's server on its way to the phone. The first one that names a prepay_id comes
   * right after the order was made, so it belongs to the newest order that has none yet.
   * @param {string} answer
   */
  async learn(answer) {
    const prepay = PREPAY.exec(answer)?.[0]
    if (prepay === undefined || this.#orders.has(prepay)) return
    const known = new Set(this.#orders.values())
    const { orders } = await this.#get('/_sandbox/orders')
    const open = orders.filter((/** @type {any} */ order) => !known.has(order.outTradeNo)).sort((/** @type {any} */ a, /** @type {any} */ b) => b.madeMs - a.madeMs)
    if (open.length > 0) this.#orders.set(prepay, open[0].outTradeNo)
  }

  /** What the sheet shows of an order: the books' amount, not the page's. @param {string} given `prepay_id=...` */
  async sheet(given) {
    const { orders } = await this.#get('/_sandbox/orders')
    const order = orders.find((/** @type {any} */ one) => one.outTradeNo === this.#orders.get(given))
    return order ? { goods: order.description, amount: order.total } : {}
  }

  /** The number of the newest event. */
  async seen() {
    const [newest] = await this.#get('/_sandbox/events?limit=1')
    return newest?.seq ?? 0
  }

  /** What happened after event number `after`, waited for. @param {number} after @param {number} seconds @returns {Promise<any[]>} */
  events(after, seconds) {
    return this.#get(`/_sandbox/events?after=${after}&wait=${seconds}`)
  }

  /** @param {string} path @returns {Promise<any>} */
  async #get(path) {
    const response = await fetch(this.#base + path, { signal: AbortSignal.timeout(LIMIT_MS) })
    if (!response.ok) throw new Error(`the sandbox refused ${path}: HTTP ${response.status}`)
    return response.json()
  }

  /** @param {string} path @param {object} body @returns {Promise<any>} */
  async #post(path, body) {
    const response = await fetch(this.#base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the sandbox refused ${path}: HTTP ${response.status} ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
}

/** What a phone needs of WeChat's side. @typedef {Pick<WeChat, 'login' | 'pay' | 'learn' | 'sheet' | 'seen' | 'events'>} WeChatSide */

/** WeChat's side where there is none: the phone works, logins and payments do not. @type {WeChatSide} */
export const noWeChat = {
  login: () => Promise.reject(new Error('there is no sandbox: build it with ./build.sh demo')),
  pay: () => Promise.reject(new Error('there is no sandbox: build it with ./build.sh demo')),
  learn: async () => {},
  sheet: async () => ({}),
  seen: async () => 0,
  events: (_after, seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000, [])),
}
