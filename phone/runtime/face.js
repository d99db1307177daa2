// @ts-check
import { replaceRpx } from '../compile/rpx.js'

/** @type {(face: any) => any} */
let unwrap

/** The element itself: for the runtime, never for page code. @param {any} face @returns {any} */
export function nodeOf(face) {
  return unwrap(face)
}

/**
 * What WeChat's framework holds of an element in the page's document. Page code can come by it
 * (`this._$.getBackendElement()`), so it shows what an element of a phone has and keeps the browser's own
 * object to itself: no document, no window, no handler made of text.
 */
export class Face {
  /** @type {any} */
  #node

  /** @param {any} node of the document */
  constructor(node) {
    this.#node = node
    node.phoneFace = this
  }

  get tagName() { return this.#node.tagName }
  get parentNode() { return faceOf(this.#node.parentNode) }
  get nextSibling() { return faceOf(this.#node.nextSibling) }
  get childNodes() {
    const faces = []
    for (let node = this.#node.firstChild; node; node = node.nextSibling) faces.push(faceOf(node))
    return faces
  }
  get textContent() { return this.#node.textContent }
  set textContent(text) { this.#node.textContent = `${text}` }

  /** An id in the document would be a name in the global scope. */
  get id() { return '' }
  set id(_) {}

  get classList() {
    const list = this.#node.classList
    return { add: (/** @type {string} */ name) => list.add(name), remove: (/** @type {string} */ name) => list.remove(name) }
  }

  /** @param {Face} child */
  appendChild(child) { this.#node.appendChild(child.#node) }
  /** @param {Face} child */
  removeChild(child) { this.#node.removeChild(child.#node) }
  /** @param {Face} child @param {Face} [before] */
  insertBefore(child, before) { this.#node.insertBefore(child.#node, before ? before.#node : null) }
  /** @param {Face} child @param {Face} old */
  replaceChild(child, old) { this.#node.replaceChild(child.#node, old.#node) }

  /** @param {string} name @param {unknown} value */
  setAttribute(name, value) {
    if (isHarmless(name)) this.#node.setAttribute(name, name === 'style' ? replaceRpx(`${value}`) : `${value}`)
  }
  /** @param {string} name */
  removeAttribute(name) { this.#node.removeAttribute(name) }

  getBoundingClientRect() {
    const { left, top, right, bottom, width, height } = this.#node.getBoundingClientRect()
    return { left, top, right, bottom, width, height }
  }
  get scrollLeft() { return this.#node.scrollLeft }
  get scrollTop() { return this.#node.scrollTop }
  get scrollWidth() { return this.#node.scrollWidth }
  get scrollHeight() { return this.#node.scrollHeight }

  static {
    unwrap = (face) => face.#node
  }
}

/** @param {any} node */
function faceOf(node) {
  return node ? node.phoneFace ?? null : null
}

/** `onclick` and its like are code from text; `srcdoc` is a page. @param {string} name */
function isHarmless(name) {
  return typeof name === 'string' && !/^(on|srcdoc$)/i.test(name)
}

