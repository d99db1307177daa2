// @ts-check
import * as glassEasel from 'glass-easel'
import { replaceRpx } from '../compile/rpx.js'
import { BUILT_IN_TAGS, tagOf } from '../compile/tags.js'

/** Elements of the page's document that a built-in component wraps, written `native-...` in its template. */
const NATIVE = /^native-/

/** @returns {any} WeChat's component framework drawing into this realm's document */
export function createBackend() {
  const backend = /** @type {any} */ (new glassEasel.CurrentWindowBackendContext())
  const real = backend.document
  backend.document = {
    createElement: (/** @type {string} */ name) => withRpx(real.createElement(elementName(name))),
    createTextNode: (/** @type {string} */ text) => real.createTextNode(text),
    createDocumentFragment: () => real.createDocumentFragment(),
  }
  // Every page that opens asks for its sheets again; one copy in the document is enough.
  const sheets = new Map()
  const append = backend.appendStyleSheetPath.bind(backend)
  backend.appendStyleSheetPath = (/** @type {string} */ path, /** @type {number} */ scope) => {
    if (!sheets.has(path)) sheets.set(path, append(path, scope))
    return sheets.get(path)
  }
  backend.onEvent((/** @type {any} */ target, /** @type {string} */ type, /** @type {any} */ detail, /** @type {any} */ options) => {
    if (type === 'tap' && isDisabled(options.originalEvent?.target)) return undefined
    return glassEasel.Event.triggerEvent(target, type, detail, options)
  })
  return backend
}

/** @param {string} name */
function elementName(name) {
  if (NATIVE.test(name)) return name.replace(NATIVE, '')
  return BUILT_IN_TAGS.includes(name) ? tagOf(name) : name
}

/** Inline styles may use rpx too. @param {HTMLElement} element */
function withRpx(element) {
  const set = element.setAttribute.bind(element)
  element.setAttribute = (name, value) => set(name, name === 'style' ? replaceRpx(String(value)) : value)
  return element
}

/** @param {Element | undefined} element */
function isDisabled(element) {
  return element?.closest?.('wx-button[aria-disabled="true"]') != null
}
