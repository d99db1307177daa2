// @ts-check
/** How long the sandbox may take, in milliseconds. */
const LIMIT_MS = 30_000

/** WeChat's side of the phone, played by the sandbox: the phone itself can neither sign nor pay. */
export class WeChat {
  #base
  #openid
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
