// @ts-check
// The phone's outside in a browser: the runtime in the iframe reaches the world through this.

/** Of all that this browser stores for the page. */
const OURS = 'wx-phone:'

/** A demo started anew has new books: what was stored for others would be about orders nobody knows. */
const { id } = await (await fetch('/house.json')).json()
const PREFIX = `${OURS}${id}:`
for (const key of Object.keys(localStorage)) {
  if (key.startsWith(OURS) && !key.startsWith(PREFIX)) localStorage.removeItem(key)
}

/** What of a host is the same for every launch. */
export const device = {
  login: async () => (await post('/login', {})).code,
  /** @param {import('../../runtime/host.js').RequestPlan} plan */
  request(plan) {
    const controller = new AbortController()
    let aborted = false
    const answer = fetch('/request', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(plan), signal: controller.signal })
      .then((response) => response.text(), () => JSON.stringify(aborted ? { failed: 'abort' } : { failed: 'network', detail: '-2 cronet_error_code:-2 error_msg:net::ERR_FAILED' }))
    return {
      answer,
      abort() {
        aborted = true
        controller.abort()
      },
    }
  },
  storage: {
    get: (/** @type {string} */ key) => localStorage.getItem(PREFIX + key),
    set: (/** @type {string} */ key, /** @type {string} */ text) => localStorage.setItem(PREFIX + key, text),
    remove: (/** @type {string} */ key) => localStorage.removeItem(PREFIX + key),
    clear() {
      for (const key of storedKeys()) localStorage.removeItem(PREFIX + key)
    },
    keys: storedKeys,
  },
  randomBytes: (/** @type {number} */ length) => {
    const bytes = new Uint8Array(length)
    // The browser gives 65536 at a time.
    for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, length)))
    return bytes
  },
  async readFile(/** @type {string} */ path) {
    const response = await fetch(`/package?path=${encodeURIComponent(path)}`)
    if (!response.ok) throw new Error(await response.text())
    return new Uint8Array(await response.arrayBuffer())
  },
  online: () => navigator.onLine,
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export async function post(path, body) {
  const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

function storedKeys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length))
}
