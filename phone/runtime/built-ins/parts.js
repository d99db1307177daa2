// @ts-check
// What the built-in components share.
import { nodeOf } from '../face.js'
import { own } from '../realm.js'

export const text = { type: String, value: '' }
export const flag = { type: Boolean, value: false }
export const number = (/** @type {number} */ value) => ({ type: Number, value })

/** @param {any} component @returns {any} its element in the document */
export function element(component) {
  return nodeOf(component._$.getBackendElement())
}

/**
 * Keeps an attribute of the element equal to a property, for styles and for screen readers.
 * @param {string} attribute
 * @param {(value: any) => string | null} [show]
 */
export function mirror(attribute, show = (value) => (value === false || value === '' ? null : String(value))) {
  return /** @this {any} */ function (/** @type {any} */ value) {
    const shown = show(value)
    if (shown === null) element(this).removeAttribute(attribute)
    else element(this).setAttribute(attribute, shown)
  }
}

export const truth = (/** @type {boolean} */ on) => String(on === true)
export const onlyTrue = (/** @type {boolean} */ on) => (on ? 'true' : null)

/** Keyboard and screen reader: it can be focused, and Enter or Space is a tap. @param {any} component @param {string} role */
export function press(component, role) {
  const target = element(component)
  target.setAttribute('role', role)
  target.setAttribute('tabindex', '0')
  target.addEventListener('keydown', (/** @type {any} */ event) => {
    if (event.target !== target || (event.key !== 'Enter' && event.key !== ' ')) return
    event.preventDefault()
    tap(target.firstElementChild ?? target)
  })
}

/** As a finger would. @param {any} node */
export function tap(node) {
  for (const type of ['mousedown', 'mouseup']) node.dispatchEvent(new own.window.MouseEvent(type, { bubbles: true }))
}

/**
 * The component above that this one belongs to, a group or a form.
 * @param {any} component
 * @param {string} tag of the element
 * @returns {any} the component
 */
export function above(component, tag) {
  const found = element(component).closest(tag)
  return found?.phoneElement?.getMethodCaller?.() ?? null
}

/** The components of these tags inside, in order. @param {any} component @param {string} tags @returns {any[]} */
export function inside(component, tags) {
  const found = element(component).querySelectorAll(tags)
  const components = []
  for (let at = 0; at < found.length; at += 1) {
    const one = found[at].phoneElement?.getMethodCaller?.()
    if (one) components[components.length] = one
  }
  return components
}

/** What a finger met. @param {any} event of the framework, heard on a component's element @returns {any} */
export function touched({ target }) {
  return nodeOf((target._$ ?? target).getBackendElement())
}

/** The element that WXML gave this id, on the page that is shown. @param {any} within @param {string} tags @param {string} id @returns {any} */
export function byId(within, tags, id) {
  const found = within.querySelectorAll(tags)
  for (let at = 0; at < found.length; at += 1) {
    if (found[at].phoneElement?.id === id && !found[at].closest('[hidden]')) return found[at]
  }
  return undefined
}
