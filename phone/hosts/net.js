// @ts-check
import http from 'node:http'

/**
 * Where an origin really is: `https://pay.example.com` -> `http://127.0.0.1:8790`. The origins are the
 * mini program's domain white list at the same time: nothing else can be reached.
 * @typedef {Map<string, string>} Routes
 */

/** @param {string[]} given `https://HOST[:PORT]=http://HOST:PORT` @returns {Routes} */
export function parseRoutes(given) {
  /** @type {Routes} */
  const routes = new Map()
  for (const route of given) {
    const match = /^(https:\/\/[^/=\s]+)=(http:\/\/[^/=\s]+)\/?$/.exec(route)
    if (!match) throw new Error(`--route ${route}: write it as https://HOST=http://127.0.0.1:PORT`)
    routes.set(new URL(match[1]).origin, match[2])
  }
  return routes
}

/**
 * A request as the phone's network sends it. The answer never rejects: it is JSON as the runtime reads it.
 * @param {import('../runtime/host.js').RequestPlan} plan
 * @param {Routes} routes
 * @returns {{answer: Promise<string>, abort: () => void}}
 */
export function send(plan, routes) {
  const url = new URL(plan.url)
  const target = routes.get(url.origin)
  if (target === undefined) return { answer: Promise.resolve(JSON.stringify({ failed: 'domain' })), abort() {} }
  const request = http.request(target + url.pathname + url.search, {
    method: plan.method,
    headers: { ...plan.header, host: url.host, ...lengthOf(plan.body) },
    agent: false,
  })
  /** @type {Promise<string>} */
  const answer = new Promise((resolve) => {
    const finish = (/** @type {object} */ result) => {
      clearTimeout(limit)
      resolve(JSON.stringify(result))
      request.destroy()
    }
    const limit = setTimeout(() => finish({ failed: 'timeout' }), plan.timeout)
    request.on('abort-by-page', () => finish({ failed: 'abort' }))
    request.on('error', (error) => finish({ failed: 'network', detail: netError(error) }))
    request.on('response', (response) => {
      /** @type {Buffer[]} */
      const parts = []
      response.on('data', (part) => parts.push(part))
      response.on('aborted', () => finish({ failed: 'network', detail: NET_ERRORS.ECONNRESET }))
      response.on('error', (error) => finish({ failed: 'network', detail: netError(error) }))
      response.on('end', () => finish({ status: response.statusCode, header: flat(response.headers), cookies: response.headers['set-cookie'] ?? [], text: Buffer.concat(parts).toString('utf8') }))
    })
  })
  request.end(plan.body)
  return { answer, abort: () => void request.emit('abort-by-page') }
}

/** The numbers and names that Android's network stack puts into errMsg. @type {Record<string, string>} */
const NET_ERRORS = {
  ECONNREFUSED: '-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED',
  ECONNRESET: '-101 cronet_error_code:-101 error_msg:net::ERR_CONNECTION_RESET',
  ENOTFOUND: '-105 cronet_error_code:-105 error_msg:net::ERR_NAME_NOT_RESOLVED',
  ETIMEDOUT: '-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT',
}

/** @param {any} error */
function netError(error) {
  return NET_ERRORS[error.code] ?? `-2 cronet_error_code:-2 error_msg:net::ERR_FAILED (${error.code ?? error.message})`
}

/** @param {string} body @returns {Record<string, string>} */
function lengthOf(body) {
  return body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function flat(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}
