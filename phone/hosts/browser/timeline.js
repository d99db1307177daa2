// @ts-check
import { describe, fromWeChat } from './describe.js'
import { masked } from './mask.js'
import { language, texts } from './texts.js'

const KINDS = ['state', 'wx', 'http', 'sign', 'wechat', 'notify', 'phone', 'warn', 'error']
/** A page that is left open for days stays quick. */
const KEPT = 5_000

/** Everything that happened, in one list in order of time, which can be filtered and saved. */
export class Timeline {
  /** @type {{at: number, event: Record<string, any>, row: HTMLElement}[]} */
  #entries = []
  /** Kinds that are not shown. @type {Set<string>} */
  #without = new Set()
  #list
  #filters
  #count
  #empty
  #seenOfWeChat

  /**
   * @param {{list: HTMLElement, filters: HTMLElement, count: HTMLElement, empty: HTMLElement}} parts
   * @param {number} seenOfWeChat what WeChat's side saw before is not of this phone
   */
  constructor({ list, filters, count, empty }, seenOfWeChat) {
    this.#seenOfWeChat = seenOfWeChat
    this.#list = list
    this.#filters = filters
    this.#count = count
    this.#empty = empty
  }

  /** @param {Record<string, any>} given */
  add({ at = Date.now(), ...given }) {
    const event = masked(given)
    const entry = { at, event, row: document.createElement('li') }
    this.#draw(entry)
    // WeChat's side is heard of a moment after it happened.
    let before = this.#entries.length
    while (before > 0 && this.#entries[before - 1].at > at) before -= 1
    const next = this.#entries[before]
    this.#entries.splice(before, 0, entry)
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 48
    if (next) next.row.before(entry.row)
    else this.#list.append(entry.row)
    if (this.#entries.length > KEPT) this.#entries.shift()?.row.remove()
    this.#tell()
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight
  }

  /** The sandbox's own events, those that are new. @param {any[]} events */
  addWeChat(events) {
    for (const event of events) {
      if (event.seq <= this.#seenOfWeChat) continue
      this.#seenOfWeChat = event.seq
      for (const line of fromWeChat(event)) this.add(line)
    }
  }

  get seenOfWeChat() {
    return this.#seenOfWeChat
  }

  /** In the language of the page, again after it was changed. */
  draw() {
    const t = texts()
    this.#filters.replaceChildren(...KINDS.map((kind) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = `filter ${kind}`
      button.textContent = t.kinds[/** @type {keyof typeof t.kinds} */ (kind)]
      button.setAttribute('aria-pressed', String(!this.#without.has(kind)))
      button.onclick = () => {
        if (!this.#without.delete(kind)) this.#without.add(kind)
        button.setAttribute('aria-pressed', String(!this.#without.has(kind)))
        for (const { row } of this.#entries) this.#hide(row)
        this.#tell()
      }
      return button
    }))
    for (const entry of this.#entries) this.#draw(entry)
    this.#tell()
  }

  /** As JSON lines. */
  save() {
    const lines = this.#entries.map(({ at, event }) => JSON.stringify({ at: new Date(at).toISOString(), ...event }))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([`${lines.join('\n')}\n`], { type: 'application/x-ndjson' }))
    link.download = 'wx-checkout-timeline.jsonl'
    link.click()
    URL.revokeObjectURL(link.href)
  }

  /** @param {{at: number, event: Record<string, any>, row: HTMLElement}} entry */
  #draw({ at, event, row }) {
    const t = texts()
    const line = describe(event, t, language() === 'zh-CN')
    row.dataset.kind = line?.kind ?? ''
    row.className = line?.bad ? 'bad' : ''
    // Where one life of the app ends and the next begins.
    if (event.did === 'killed' || event.did === 'opened') row.classList.add('turn')
    if (!line) {
      row.hidden = true
      return
    }
    const text = part('span', 'text', line.text)
    if (line.detail) text.append(part('span', 'detail', line.detail))
    row.replaceChildren(part('time', 'at', clock(at)), part('span', `kind ${line.kind}`, t.kinds[/** @type {keyof typeof t.kinds} */ (line.kind)]), text)
    this.#hide(row)
  }

  /** @param {HTMLElement} row */
  #hide(row) {
    row.hidden = row.dataset.kind === '' || this.#without.has(row.dataset.kind ?? '')
  }

  #tell() {
    const shown = this.#entries.filter(({ row }) => !row.hidden).length
    this.#count.textContent = shown === 0 ? '' : `${shown} ${texts().count}`
    this.#empty.hidden = shown > 0
    this.#list.hidden = shown === 0
  }
}

/** @param {number} at */
function clock(at) {
  const time = new Date(at)
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`
}

/** @param {string} tag @param {string} className @param {string} text */
function part(tag, className, text) {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}
