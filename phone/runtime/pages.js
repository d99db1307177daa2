// @ts-check
import { splitUrl } from './url.js'

/** WeChat's limit of pages on the stack. */
const MAX_DEPTH = 10

/**
 * The page stack. Page() only registers with glass-easel, so the life cycle of pages is called here, in
 * WeChat's order.
 */
export class PageStack {
  /** @type {{path: string, page: any, root: any, container: HTMLElement, shown: boolean}[]} */
  #stack = []
  #open
  #tabs
  #pages
  #changed
  /** Pages of the tab bar stay alive once opened. @type {Map<string, any>} */
  #kept = new Map()

  /**
   * @param {object} parts
   * @param {string[]} parts.pages
   * @param {string[]} parts.tabs
   * @param {(path: string) => {page: any, root: any, container: HTMLElement}} parts.open makes a page and attaches it
   * @param {() => void} parts.changed called after the top page changed
   */
  constructor({ pages, tabs, open, changed }) {
    this.#pages = pages
    this.#tabs = tabs
    this.#open = open
    this.#changed = changed
  }

  /** What getCurrentPages gives. */
  get pages() {
    return this.#stack.map((entry) => entry.page)
  }

  get top() {
    return this.#stack[this.#stack.length - 1]
  }

  /** @param {string} url @param {string} from */
  navigateTo(url, from) {
    const { path, query } = this.#target(url, from)
    if (this.#tabs.includes(path)) throw new Error('can not navigateTo a tabbar page')
    if (this.#stack.length >= MAX_DEPTH) throw new Error('webview count limit exceed')
    this.#hideTop()
    this.#push(path, query)
  }

  /** @param {string} url @param {string} from */
  redirectTo(url, from) {
    const { path, query } = this.#target(url, from)
    if (this.#tabs.includes(path)) throw new Error('can not redirectTo a tabbar page')
    this.#closeTop()
    this.#push(path, query)
  }

  /** @param {string} url @param {string} from */
  switchTab(url, from) {
    const { path } = this.#target(url, from)
    if (!this.#tabs.includes(path)) throw new Error('can not switch to no-tabBar page')
    if (this.top?.path === path) return
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
    } else this.#push(path, {})
  }

  /** @param {string} url @param {string} from */
  reLaunch(url, from) {
    const { path, query } = this.#target(url, from)
    while (this.top) this.#closeTop()
    for (const entry of this.#kept.values()) this.#close(entry)
    this.#kept.clear()
    this.#push(path, query)
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
    entry.container.hidden = false
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
    entry.container.hidden = true
  }

  #closeTop() {
    const entry = this.#stack.pop()
    if (entry) this.#close(entry)
  }

  /** @param {any} entry */
  #close(entry) {
    entry.page.onUnload?.()
    entry.root.release()
    entry.container.remove()
  }

  /** @param {string} path @param {Record<string, string>} query */
  #push(path, query) {
    const entry = { path, shown: true, ...this.#open(path) }
    Object.assign(entry.page, { route: path, options: query })
    this.#stack.push(entry)
    entry.page.onLoad?.(query)
    entry.page.onShow?.()
    entry.page.onReady?.()
    this.#changed()
  }

  /** @param {string} url @param {string} from */
  #target(url, from) {
    const target = splitUrl(url, from)
    if (!this.#pages.includes(target.path)) throw new Error(`page "${target.path}" is not found`)
    return target
  }
}
