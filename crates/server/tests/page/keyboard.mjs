// A person at a keyboard: goes with Tab, and presses nothing that has no focus.

import assert from 'node:assert/strict'

export class Keyboard {
  constructor(page) {
    this.page = page
  }

  /** Goes with Tab until this has the focus; it has to be reachable, and the focus has to be seen. */
  async to(selector) {
    const wanted = this.page.locator(selector).first()
    await wanted.waitFor()
    for (let presses = 0; presses < 80; presses += 1) {
      if (await wanted.evaluate((element) => element === document.activeElement)) {
        const seen = await wanted.evaluate((element) => {
          const rings = [getComputedStyle(element), getComputedStyle(element, '::after')]
          return rings.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
        })
        assert.ok(seen, `the focus on ${selector} cannot be seen`)
        return
      }
      await this.page.keyboard.press('Tab')
    }
    assert.fail(`${selector} cannot be reached with Tab`)
  }

  async press(selector, key = 'Enter') {
    await this.to(selector)
    await this.page.keyboard.press(key)
  }

  async type(selector, text) {
    await this.to(selector)
    await this.page.keyboard.press('Control+A')
    await this.page.keyboard.type(text)
  }

  key(name) {
    return this.page.keyboard.press(name)
  }

  /** What has the focus, in one word. */
  focused() {
    return this.page.evaluate(() => document.activeElement.id || document.activeElement.tagName)
  }
}
