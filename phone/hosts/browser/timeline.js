// @ts-check
/** Everything that happened, in one ordered list that can be saved. */
export class Timeline {
  /** @type {Record<string, any>[]} */
  #events = []
  #list
  #seenOfWeChat = 0

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list
  }

  /** @param {Record<string, any>} event */
  add(event) {
    const at = new Date().toISOString()
    this.#events.push({ at, ...event })
    const line = describe(event)
    if (!line) return
    const item = document.createElement('li')
    item.append(span('who', line.who), span(line.bad ? 'bad' : '', line.text))
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40
    this.#list.append(item)
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight
  }

  /** The sandbox's own events, those that are new. @param {any[]} events */
  addWeChat(events) {
    for (const event of events) {
      if (event.seq <= this.#seenOfWeChat) continue
      this.#seenOfWeChat = event.seq
      this.add({ event: 'wechat', kind: event.kind, what: event.what, rule: event.rule })
    }
  }

  /** As JSON lines. */
  save() {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([this.#events.map((event) => JSON.stringify(event)).join('\n')], { type: 'application/x-ndjson' }))
    link.download = 'wx-checkout-timeline.jsonl'
    link.click()
    URL.revokeObjectURL(link.href)
  }
}

/** @param {Record<string, any>} event @returns {{who: string, text: string, bad?: boolean} | undefined} */
function describe(event) {
  switch (event.event) {
    case 'log': {
      const checkout = event.values[0]?.checkout
      return checkout && { who: 'state', text: [checkout.phase, checkout.orderId].filter(Boolean).join(' · ') }
    }
    case 'http': return { who: 'http', text: `${event.method} ${new URL(event.url).pathname} → ${event.status}`, bad: !(event.status < 400) }
    case 'wx': return { who: 'wx', text: [`wx.${event.name}`, event.errMsg].filter(Boolean).join(' → '), bad: event.ok === false }
    case 'wechat': return { who: 'WeChat', text: [event.what, event.rule].filter(Boolean).join(': '), bad: event.kind === 'refused' }
    case 'page': return { who: 'page', text: event.path }
    case 'phone': return { who: 'phone', text: event.did }
    case 'error': return { who: 'error', text: `${event.file ?? ''}${event.line ? `:${event.line}` : ''} ${event.message}`, bad: true }
    case 'console': return { who: 'console', text: event.text, bad: event.level === 'error' }
    default: return undefined
  }
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const element = document.createElement('span')
  element.className = className
  element.textContent = text
  return element
}
