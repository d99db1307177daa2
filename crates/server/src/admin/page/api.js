// The API, and the token, which lives as long as the tab: never in an address, never in a cookie.

const KEY = 'wx-checkout-operator-token'
let memory

/** What the server refused, or that nobody answered. */
export class Problem extends Error {
  constructor({ code, detail, money, requestId, left, retryAfterMs }) {
    super(detail ?? code)
    Object.assign(this, { code, detail, money, requestId, left, retryAfterMs })
  }
}

export function token() {
  try {
    return sessionStorage.getItem(KEY) ?? memory
  } catch {
    return memory
  }
}

export function setToken(value) {
  memory = value
  try {
    if (value === undefined) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, value)
  } catch {
    // Storage that is switched off: it lives as long as the page then.
  }
}

export const get = (path) => call('GET', path)

export const post = (path, body = {}) => call('POST', path, body)

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${token() ?? ''}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  let answer
  try {
    answer = await fetch(`/admin/api/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store', credentials: 'omit', redirect: 'error' })
  } catch {
    throw new Problem({ code: 'no_answer', money: method === 'GET' ? 'untouched' : 'unknown' })
  }
  let json
  try {
    json = await answer.json()
  } catch {
    throw new Problem({ code: 'no_answer', money: method === 'GET' ? 'untouched' : 'unknown' })
  }
  if (answer.ok) return json
  throw new Problem(json)
}
