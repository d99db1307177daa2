// @ts-check
/**
 * A person in front of the phone: reads what is on the screen and taps what can be read.
 */
export class Screen {
  #phone
  /** @param {import('../hosts/jsdom.js').Phone} phone */
  constructor(phone) {
    this.#phone = phone
  }

  /** Everything that can be read now, front to back. */
  get text() {
    const { toast, modal, bar } = this.#phone
    const shell = [modal?.title, modal?.content, ...(modal?.buttons ?? []), toast?.title, bar.title, ...bar.tabs.map((tab) => tab.text)]
    return [...shell, this.#page()?.textContent].filter(Boolean).join('\n')
  }

  /** Taps a button of the modal, a tab, or whatever on the page bears the text. @param {string | RegExp} label */
  tap(label) {
    const { modal, bar, control } = this.#phone
    if (modal) {
      const button = modal.buttons.find((one) => bears(one, label))
      if (!button) throw new Error(`the modal "${modal.content}" has no button "${label}" but ${modal.buttons.join(', ')}`)
      return modal.choose(button)
    }
    const target = this.find(label)
    if (target) return this.#tapElement(target)
    const tab = bar.tabs.find((one) => bears(one.text, label))
    if (!tab) throw new Error(`nothing to tap bears the text "${label}"; the screen shows: ${this.text.replace(/\s+/g, ' ')}`)
    return control.switchTab(tab.path)
  }

  /** The first element whose whole text is `label`: a button before anything else. @param {string | RegExp} label @returns {any} */
  find(label) {
    const all = [...(this.#page()?.querySelectorAll('*') ?? [])].filter((element) => bears(readable(element), label))
    const button = all.find((element) => element.matches('wx-button') && element.getAttribute('aria-disabled') !== 'true')
    // The innermost bearer of the text is what a finger meets.
    return button ?? all.pop()
  }

  /**
   * Waits until `seen` gives something, looking again after every change of the screen.
   * @template T
   * @param {string} what for the message when it does not come
   * @param {(screen: Screen) => T | undefined | false | null} seen
   * @param {number} limit milliseconds
   * @returns {Promise<T>}
   */
  until(what, seen, limit = 60_000) {
    return new Promise((resolve, reject) => {
      const finish = (/** @type {() => void} */ settle) => {
        clearTimeout(timer)
        stop()
        settle()
      }
      const look = () => {
        const found = seen(this)
        if (found) finish(() => resolve(found))
      }
      const stop = this.#phone.onChange(look)
      const timer = setTimeout(() => finish(() => reject(new Error(`waited ${limit / 1000} s for ${what}; the screen shows: ${this.text.replace(/\s+/g, ' ')}`))), limit)
      look()
    })
  }

  /** @param {string | RegExp} label @param {number} [limit] milliseconds */
  async tapWhenThere(label, limit) {
    await this.until(`"${label}"`, () => this.canTap(label), limit)
    this.tap(label)
  }

  /** @param {string} text @param {number} [limit] milliseconds */
  async untilText(text, limit) {
    await this.until(`"${text}"`, () => this.text.includes(text), limit)
  }

  /** Whether something to tap bears the text, and is not disabled. @param {string | RegExp} label */
  canTap(label) {
    const { modal, bar } = this.#phone
    if (modal) return modal.buttons.some((button) => bears(button, label))
    const element = this.find(label)
    return element ? element.getAttribute('aria-disabled') !== 'true' : bar.tabs.some((tab) => bears(tab.text, label))
  }

  /** @returns {any} */
  #page() {
    return this.#phone.window.document.querySelector('.phone-page:not([hidden])')
  }

  /** @param {any} element */
  #tapElement(element) {
    const { MouseEvent } = this.#phone.window
    for (const type of ['mousedown', 'mouseup']) element.dispatchEvent(new MouseEvent(type, { bubbles: true }))
  }
}

/** @param {any} element */
function readable(element) {
  return element.textContent.replace(/\s+/g, ' ').trim()
}

/** @param {string} text @param {string | RegExp} label */
function bears(text, label) {
  return typeof label === 'string' ? text === label : label.test(text)
}
