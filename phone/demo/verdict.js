// @ts-check
/**
 * Asks the server what became of the order, as anybody with the payer's login could: not through the
 * phone, so that the phone's screen is checked and not believed.
 * @param {object} question
 * @param {string} question.server address
 * @param {import('../hosts/wechat.js').WeChat} question.wechat the payer's
 * @param {string} question.orderId
 * @returns {Promise<Record<string, any>>} the server's verify answer
 */
export async function askVerdict({ server, wechat, orderId }) {
  const { token } = await call(`${server}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ credential: await wechat.login() }),
  })
  return call(`${server}/orders/verify?transactionId=${encodeURIComponent(orderId)}`, { headers: { authorization: `Bearer ${token}` } })
}

/** How long WeChat's notification is waited for before the timeline is shown without it. */
const NOTIFICATION_LIMIT_MS = 5_000
const LOOK_EVERY_MS = 100

/**
 * What the sandbox saw, for the timeline; of a paid order with the notification, which comes by itself.
 * @param {string} sandbox address
 * @param {boolean} paid
 * @returns {Promise<any[]>}
 */
export async function readSandboxEvents(sandbox, paid) {
  const deadline = Date.now() + NOTIFICATION_LIMIT_MS
  for (;;) {
    const events = await call(`${sandbox}/_sandbox/events`, {})
    if (!paid || events.some((/** @type {any} */ event) => event.kind === 'notification') || Date.now() > deadline) return events
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** @param {string} url @param {RequestInit} request */
async function call(url, request) {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(15_000) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered HTTP ${response.status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}
