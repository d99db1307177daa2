// @ts-check
/** What is odd is no error. @type {Record<string, string>} */
const KIND_OF_LEVEL = { error: 'error', warn: 'warn' }

/**
 * One event as a line of the timeline, in the language of the page.
 * @param {Record<string, any>} event
 * @param {any} t texts
 * @param {boolean} chinese
 * @returns {{kind: string, text: string, detail?: string, bad?: boolean} | undefined} nothing for what is not shown
 */
export function describe(event, t, chinese) {
  switch (event.event) {
    case 'log': return ofLog(event)
    case 'http': return { kind: 'http', text: `${event.method} ${pathOf(event.url)} → ${event.status}`, bad: !(event.status < 400) }
    case 'wx': return { kind: 'wx', text: [`wx.${event.name}`, event.key ?? '', event.errMsg && `→ ${event.errMsg}`].filter(Boolean).join(' '), bad: event.ok === false }
    case 'sign': return { kind: 'sign', text: `${event.ok ? '✓' : '✗'} ${event.about} · ${event.ok ? t.verified : t.refused}`, bad: !event.ok }
    case 'wechat': {
      const rule = chinese ? event.ruleZh ?? event.rule : event.rule
      return { kind: event.kind === 'notification' ? 'notify' : 'wechat', text: chinese ? event.whatZh ?? event.what : event.what, detail: rule, bad: event.kind === 'refused' }
    }
    case 'page': return { kind: 'phone', text: `${t.page} ${event.path}` }
    case 'phone': return { kind: 'phone', text: t.did[event.did] ?? event.did }
    case 'error': return { kind: 'error', text: event.message, detail: place(event), bad: true }
    case 'console': return { kind: KIND_OF_LEVEL[event.level] ?? 'phone', text: event.text, bad: event.level === 'error' }
    default: return undefined
  }
}

/** @param {Record<string, any>} event what a mini program wrote into its real-time log */
function ofLog(event) {
  const checkout = event.values[0]?.checkout
  if (checkout) return { kind: 'state', text: checkout.phase, detail: checkout.orderId }
  return { kind: KIND_OF_LEVEL[event.level] ?? 'phone', text: event.values.map((/** @type {any} */ value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ') }
}

/**
 * What the sandbox saw, as events of the timeline: each request that it let in was signed rightly.
 * @param {Record<string, any>} event of the sandbox
 * @returns {Record<string, any>[]}
 */
export function fromWeChat(event) {
  const at = event.atMs
  const seen = { at, event: 'wechat', kind: event.kind, what: event.what, whatZh: event.whatZh, ...(event.rule && { rule: event.rule, ruleZh: event.ruleZh }) }
  if (event.signature) return [{ at, event: 'sign', ok: false, about: event.what }, seen]
  if (event.request && event.status < 300 && /\/v3\/|^\/pay\//.test(event.request)) return [{ at, event: 'sign', ok: true, about: event.request }, seen]
  if (event.kind === 'sheet') return [{ at, event: 'sign', ok: true, about: 'wx.requestPayment paySign' }, seen]
  return [seen]
}

/** @param {string} url */
function pathOf(url) {
  try {
    return new URL(url).pathname
  } catch {
    return url
  }
}

/** @param {Record<string, any>} event */
function place(event) {
  return event.file && `${event.file}${event.line ? `:${event.line}` : ''}`
}
