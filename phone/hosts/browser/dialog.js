// @ts-check
import { cover } from './cover.js'

/**
 * A modal dialog over the phone: what is behind it cannot be reached, Tab stays inside, Escape closes,
 * and the focus goes back to where it was.
 */
export class Dialog {
  #over
  /** @type {HTMLElement | null} */
  #before = null
  /** @type {HTMLElement | null} */
  #first = null
  /** @type {() => void} */
  #escape = () => {}

  /** @param {HTMLElement} over holds the dialog, hidden while it is closed */
  constructor(over) {
    this.#over = over
    over.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.preventDefault()
        this.#escape()
      } else if (event.key === 'Tab') this.#keepInside(event)
    })
  }

  get isOpen() {
    return !this.#over.hidden
  }

  /** @param {HTMLElement | null} first gets the focus @param {() => void} escape */
  open(first, escape) {
    this.#escape = escape
    this.#first = first
    if (this.#over.hidden) this.#before = /** @type {HTMLElement | null} */ (document.activeElement)
    this.#over.hidden = false
    cover(this.#over.id, true)
    first?.focus()
  }

  /** While the phone shows something else nobody reaches it; afterwards it is as modal as before. @param {boolean} away */
  setAway(away) {
    const was = this.#over.inert
    this.#over.inert = away
    if (was && !away && this.isOpen) this.#first?.focus()
  }

  close() {
    if (this.#over.hidden) return
    const hadFocus = this.#over.contains(document.activeElement)
    this.#over.hidden = true
    cover(this.#over.id, false)
    if (hadFocus && this.#before?.isConnected) this.#before.focus()
  }

  /** @param {KeyboardEvent} event */
  #keepInside(event) {
    const stops = /** @type {HTMLElement[]} */ ([...this.#over.querySelectorAll('button, input')]).filter((element) => !element.hidden && !(/** @type {HTMLButtonElement} */ (element).disabled))
    const [first, last] = [stops[0], stops[stops.length - 1]]
    if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
      event.preventDefault()
      ;(event.shiftKey ? last : first)?.focus()
    }
  }
}
