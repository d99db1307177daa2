// @ts-check
/** How much later everything is on a slow network, in milliseconds. */
const SLOW_MS = 2_000
/** A mini program in the background has its requests for so long. */
const BACKGROUND_MS = 5_000
const GONE = JSON.stringify({ failed: 'network', detail: '-106 cronet_error_code:-106 error_msg:net::ERR_INTERNET_DISCONNECTED' })
const BROKEN = JSON.stringify({ failed: 'network', detail: '-21 cronet_error_code:-21 error_msg:net::ERR_NETWORK_CHANGED' })

/** The phone's network: what airplane mode, a slow line and the background do to requests. */
export class Network {
  airplane = false
  slow = false
  /** Requests under way. @type {Set<(answer: string) => void>} */
  #underWay = new Set()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #background

  /** @returns {import('../../runtime/host.js').NetworkType} */
  get type() {
    if (this.airplane || !navigator.onLine) return 'none'
    return this.slow ? '2g' : 'wifi'
  }

  /** What is under way is lost with the network. @param {boolean} on */
  setAirplane(on) {
    this.airplane = on
    if (on) this.#endAll(BROKEN)
  }

  /** Rejects without a network, and takes its time on a slow one. */
  async pass() {
    if (this.airplane) throw new Error('net::ERR_INTERNET_DISCONNECTED')
    if (this.slow) await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    if (this.airplane) throw new Error('net::ERR_NETWORK_CHANGED')
  }

  hidden() {
    this.#background = setTimeout(() => this.#endAll(JSON.stringify({ failed: 'interrupted' })), BACKGROUND_MS)
  }

  shown() {
    clearTimeout(this.#background)
  }

  /** A request as the page's server sends it. @param {import('../../runtime/host.js').RequestPlan} plan */
  send(plan) {
    if (this.airplane) return { answer: Promise.resolve(GONE), abort() {} }
    const controller = new AbortController()
    /** @type {(answer: string) => void} */
    let end = () => {}
    const ended = new Promise((resolve) => {
      end = (answer) => {
        resolve(answer)
        controller.abort()
      }
    })
    this.#underWay.add(end)
    const answer = Promise.race([ended, this.#ask(plan, controller.signal)]).finally(() => this.#underWay.delete(end))
    return { answer, abort: () => end(JSON.stringify({ failed: 'abort' })) }
  }

  /** @param {import('../../runtime/host.js').RequestPlan} plan @param {AbortSignal} signal */
  async #ask(plan, signal) {
    try {
      if (this.slow) await new Promise((resolve) => setTimeout(resolve, Math.min(SLOW_MS, plan.timeout)))
      if (this.slow && plan.timeout <= SLOW_MS) return JSON.stringify({ failed: 'timeout' })
      const response = await fetch('/request', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(plan), signal })
      return await response.text()
    } catch {
      return JSON.stringify({ failed: 'network', detail: '-2 cronet_error_code:-2 error_msg:net::ERR_FAILED' })
    }
  }

  /** The app is gone, and so are its requests. */
  cut() {
    this.shown()
    this.#endAll(JSON.stringify({ failed: 'abort' }))
  }

  /** @param {string} answer */
  #endAll(answer) {
    for (const end of [...this.#underWay]) end(answer)
  }
}
