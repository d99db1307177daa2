// @ts-check
/**
 * A modal dialog over the phone: what is behind it cannot be reached, Tab stays inside, Escape closes,
 * and the focus goes back to where it was.
 */
export class Dialog {
  #over
  #behind
  /** @type {HTMLElement | null} */
  #before = null
  /** @type {() => void} */
  #escape = () => {}

  /** @param {HTMLElement} over holds the dialog, hidden while it is closed @param {HTMLElement} behind */
  constructor(over, behind) {
    this.#over = over
    this.#behind = behind
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
    if (this.#over.hidden) this.#before = /** @type {HTMLElement | null} */ (document.activeElement)
    this.#over.hidden = false
    this.#behind.inert = true
    first?.focus()
  }

  close() {
    if (this.#over.hidden) return
    const hadFocus = this.#over.contains(document.activeElement)
    this.#over.hidden = true
    this.#behind.inert = false
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
