// @ts-check
import { WxFail, callBack, requireType, settle } from './callback.js'

/** WeChat's limit of requests under way. */
const MAX_IN_FLIGHT = 10
const DEFAULT_TIMEOUT_MS = 60_000
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT', 'PATCH']

/**
 * @param {import('../runtime/host.js').Host} host
 * @param {import('../runtime/index.js').Shell} shell
 */
export function requestApi(host, shell) {
  let inFlight = 0

  /** @param {any} given @param {{abort: () => void, aborted: boolean}} task */
  async function run(given, task) {
    const plan = planOf(given, shell)
    if (inFlight >= MAX_IN_FLIGHT) throw new WxFail('exceed max task count', 600007)
    if (task.aborted) throw new WxFail('abort')
    inFlight += 1
    const started = host.request(plan)
    task.abort = started.abort
    try {
      const answer = JSON.parse(await started.answer)
      host.report({ event: 'http', method: plan.method, url: bare(plan.url), status: answer.status ?? answer.failed })
      if (answer.failed) throw failure(answer)
      return { data: parse(answer.text, given.dataType), statusCode: answer.status, header: answer.header, cookies: answer.cookies ?? [] }
    } finally {
      inFlight -= 1
    }
  }

  return {
    request(/** @type {any} */ options) {
      const given = options ?? {}
      const state = { aborted: false, abort: () => {} }
      settle('request', () => run(given, state)).then((outcome) => callBack(given, outcome))
      return {
        abort() {
          state.aborted = true
          state.abort()
        },
        onHeadersReceived() {},
        offHeadersReceived() {},
      }
    },
  }
}

/** @param {any} given @param {import('../runtime/index.js').Shell} shell */
function planOf(given, shell) {
  requireType(given.url, 'url', 'String')
  if (!/^https?:\/\/[^/?#\s]+/i.test(given.url)) throw new WxFail(`invalid url "${given.url}"`, 600009)
  const method = String(given.method ?? 'GET').toUpperCase()
  if (!METHODS.includes(method)) throw new WxFail(`parameter error: parameter.method "${given.method}" is invalid`, 1001)
  if (given.responseType !== undefined && given.responseType !== 'text') throw new WxFail('this simulated phone answers with responseType "text" only')
  if (given.timeout !== undefined) requireType(given.timeout, 'timeout', 'Number')
  const header = headers(given.header)
  header['content-type'] ??= 'application/json'
  header.referer = `https://servicewechat.com/${shell.appid}/devtools/page-frame.html`
  const readsOnly = method === 'GET' || method === 'HEAD'
  return {
    method,
    url: readsOnly ? withQuery(given.url, given.data) : given.url,
    header,
    body: readsOnly ? '' : bodyOf(given.data, header['content-type']),
    timeout: Number(given.timeout ?? shell.requestTimeout ?? DEFAULT_TIMEOUT_MS),
  }
}

/** @param {Record<string, unknown> | undefined} given @returns {Record<string, string>} */
function headers(given) {
  /** @type {Record<string, string>} */
  const header = {}
  for (const [name, value] of Object.entries(given ?? {})) {
    // WeChat sets it itself and lets no page change it.
    if (name.toLowerCase() !== 'referer') header[name.toLowerCase()] = String(value)
  }
  return header
}

/** @param {string} url @param {unknown} data */
function withQuery(url, data) {
  if (data === undefined || data === null || data === '') return url
  const query = typeof data === 'string' ? data : form(/** @type {any} */ (data))
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/** @param {unknown} data @param {string} contentType */
function bodyOf(data, contentType) {
  if (data === undefined || data === null) return ''
  if (typeof data === 'string') return data
  if (data instanceof ArrayBuffer) throw new WxFail('this simulated phone sends text and objects only')
  if (contentType.includes('application/x-www-form-urlencoded')) return form(/** @type {any} */ (data))
  return JSON.stringify(data)
}

/** @param {Record<string, unknown>} data */
function form(data) {
  return Object.entries(data).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(typeof value === 'object' ? JSON.stringify(value) : String(value))}`).join('&')
}

/** @param {string} text @param {string} [dataType] */
function parse(text, dataType = 'json') {
  if (dataType !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The texts a phone gives. @param {{failed: string, detail?: string}} answer */
function failure({ failed, detail }) {
  switch (failed) {
    case 'timeout': return new WxFail('timeout', 5)
    case 'abort': return new WxFail('abort')
    case 'domain': return new WxFail('url not in domain list', 600002)
    case 'interrupted': return new WxFail('interrupted', 600003)
    default: return new WxFail(`errcode:${detail}`, 600001)
  }
}

/** Without its query, which may carry what no log should. @param {string} url */
function bare(url) {
  return url.split('?')[0]
}
