// @ts-check
import { createChannel } from './channel.js'
import { splitUrl } from './url.js'

/** WeChat's limit of pages on the stack. */
const MAX_DEPTH = 10

/**
 * The page stack. Page() only registers with glass-easel, so the life cycle of pages is called here, in
 * WeChat's order.
 */
export class PageStack {
  /** @type {(import('./screen.js').OpenPage & {path: string, shown: boolean})[]} */
  #stack = []
  #open
  #tabs
  #pages
  #failed
  #changed
  /** Pages of the tab bar stay alive once opened. @type {Map<string, any>} */
  #kept = new Map()

  /**
   * @param {object} parts
   * @param {string[]} parts.pages
   * @param {string[]} parts.tabs
   * @param {(path: string) => import('./screen.js').OpenPage} parts.open makes a page and attaches it
   * @param {(error: unknown, path: string) => void} parts.failed what onLoad, onShow or onReady threw; may throw it again
   * @param {() => void} parts.changed called after the top page changed
   */
  constructor({ pages, tabs, open, failed, changed }) {
    this.#pages = pages
    this.#tabs = tabs
    this.#open = open
    this.#failed = failed
    this.#changed = changed
  }

  /** What getCurrentPages gives. */
  get pages() {
    return this.#stack.map((entry) => entry.page)
  }

  get top() {
    return this.#stack[this.#stack.length - 1]
  }

  /** @param {string} url @param {string} from @param {Record<string, (...given: any[]) => void>} [events] what the opener hears of the page */
  navigateTo(url, from, events) {
    const { path, query } = this.#target(url, from)
    if (this.#tabs.includes(path)) throw new Error('can not navigateTo a tabbar page')
    if (this.#stack.length >= MAX_DEPTH) throw new Error('webview count limit exceed')
    const opened = this.#open(path)
    const channel = createChannel(events)
    this.#hideTop()
    this.#push(path, query, opened, channel)
    return channel.opener
  }

  /** @param {string} url @param {string} from */
  redirectTo(url, from) {
    const { path, query } = this.#target(url, from)
    if (this.#tabs.includes(path)) throw new Error('can not redirectTo a tabbar page')
    const opened = this.#open(path)
    this.#closeTop()
    this.#push(path, query, opened)
  }

  /** @param {string} url @param {string} from */
  switchTab(url, from) {
    const { path } = this.#target(url, from)
    if (!this.#tabs.includes(path)) throw new Error('can not switch to no-tabBar page')
    if (this.top?.path === path) return
    const known = this.#kept.has(path) || this.#stack.some((entry) => entry.path === path)
    const opened = known ? undefined : this.#open(path)
    while (this.top && !this.#tabs.includes(this.top.path)) this.#closeTop()
    if (this.top && this.top.path !== path) {
      this.#hideTop()
      this.#kept.set(this.top.path, this.#stack.pop())
    }
    if (this.top?.path === path) this.showTop()
    else if (this.#kept.has(path)) {
      this.#stack.push(this.#kept.get(path))
      this.#kept.delete(path)
      this.showTop()
    } else if (opened) this.#push(path, {}, opened)
  }

  /** @param {string} url @param {string} from */
  reLaunch(url, from) {
    const { path, query } = this.#target(url, from)
    const opened = this.#open(path)
    while (this.top) this.#closeTop()
    for (const entry of this.#kept.values()) this.#close(entry)
    this.#kept.clear()
    this.#push(path, query, opened)
  }

  /** @param {number} delta */
  navigateBack(delta) {
    if (this.#stack.length < 2) throw new Error('cannot navigate back at first page.')
    for (let left = Math.min(delta, this.#stack.length - 1); left > 0; left -= 1) this.#closeTop()
    this.showTop()
  }

  /** Also when the app comes back to the foreground. */
  showTop() {
    const entry = this.top
    if (!entry || entry.shown) return
    entry.shown = true
    entry.show()
    entry.page.onShow?.()
    this.#changed()
  }

  /** The app goes to the background. */
  hideForBackground() {
    if (!this.top?.shown) return
    this.top.shown = false
    this.top.page.onHide?.()
  }

  #hideTop() {
    const entry = this.top
    if (!entry) return
    if (entry.shown) entry.page.onHide?.()
    entry.shown = false
    entry.hide()
  }

  #closeTop() {
    const entry = this.#stack.pop()
    if (entry) this.#close(entry)
  }

  /** @param {any} entry */
  #close(entry) {
    entry.page.onUnload?.()
    entry.remove()
  }

  /** @param {string} path @param {Record<string, string>} query @param {import('./screen.js').OpenPage} opened @param {ReturnType<typeof createChannel>} [channel] nobody listens at the other end, where no page opened this one */
  #push(path, query, opened, channel = createChannel()) {
    const entry = { path, shown: true, ...opened }
    Object.assign(entry.page, { route: path, options: query, getOpenerEventChannel: () => channel.opened })
    this.#stack.push(entry)
    entry.show()
    this.#changed()
    for (const [name, given] of /** @type {[string, any][]} */ ([['onLoad', query], ['onShow', undefined], ['onReady', undefined]])) {
      // onLoad may have sent the payer elsewhere.
      if (name !== 'onLoad' && this.top !== entry) return
      try {
        entry.page[name]?.(given)
      } catch (error) {
        this.#failed(error, path)
      }
    }
  }

  /** @param {string} url @param {string} from */
  #target(url, from) {
    const target = splitUrl(url, from)
    if (!this.#pages.includes(target.path)) throw new Error(`page "${target.path}" is not found`)
    return target
  }
}
