// @ts-check
// The phone's outside in a browser: the runtime in the iframe reaches the world through this.
import { Network } from './network.js'
import { openStorage } from './storage.js'

export const house = await (await fetch('/house.json')).json()
export const network = new Network()
let copied = ''

/** What of a host is the same for every launch. */
export const device = {
  copy: (/** @type {string} */ text) => JSON.parse(text),
  async login() {
    await network.pass()
    return (await post('/login', {})).code
  },
  request: (/** @type {import('../../runtime/host.js').RequestPlan} */ plan) => network.send(plan),
  storage: await openStorage(house.id),
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
  network: () => network.type,
  vibrate() {
    navigator.vibrate?.(15)
  },
  clipboard: {
    /** Also the computer's, where the browser lets us. @param {string} text */
    async write(text) {
      copied = text
      await navigator.clipboard?.writeText(text).catch(() => {})
    },
    // The phone's own: what else is on the computer's is nobody's business.
    read: async () => copied,
  },
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export async function post(path, body) {
  const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(await response.text())
  const answer = await response.json()
  if (answer.refused !== undefined) throw new Error(answer.refused)
  return answer
}
