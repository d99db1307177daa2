// @ts-check
import * as glassEasel from 'glass-easel'
import { BUILT_IN_TAGS, tagOf } from '../compile/tags.js'
import { Face, nodeOf } from './face.js'
import { own } from './realm.js'
import { watchTaps } from './taps.js'

/** Elements of the page's document that a built-in component wraps, written `native-...` in its template. */
const NATIVE = ['div', 'span', 'img', 'input', 'textarea']

/** What a page may listen to beyond taps; everything else comes from a component. */
const TOUCH = ['touchstart', 'touchmove', 'touchend', 'touchcancel']
const OF_THE_ELEMENT = ['transitionend', 'animationstart', 'animationiteration', 'animationend', 'input', 'change', 'focus', 'blur', 'keydown', 'load', 'error']

/**
 * WeChat's component framework drawing into this realm's document. Whatever it hands out is a Face: the
 * document itself stays here.
 * @returns {any} a backend context in glass-easel's words
 */
export function createBackend() {
  const { document } = own
  /** @type {Record<string, string>} */
  const sheets = Object.create(null)
  /** @type {Record<string, number>} */
  const appended = Object.create(null)
  /** @type {Record<string, true>} */
  const delegated = Object.create(null)
  let count = 0
  /** @type {((target: any, type: string, detail: any, options: any) => any) | undefined} */
  let listener

  /** @param {any} node @param {string} type @param {object} detail @param {boolean} bubbles @param {object} [extraFields] */
  function emit(node, type, detail, bubbles, extraFields) {
    while (node && !node.phoneElement) node = node.parentNode
    if (!node || !listener) return false
    return listener(node.phoneElement, type, detail, { bubbles, composed: bubbles, capturePhase: true, extraFields }) === 1
  }

  return {
    mode: 3,
    document: {
      createElement: (/** @type {string} */ name) => new Face(document.createElement(elementName(name))),
      createTextNode: (/** @type {string} */ text) => new Face(document.createTextNode(text)),
      createDocumentFragment: () => new Face(document.createDocumentFragment()),
    },
    destroy() {},
    getWindowWidth: () => own.window.innerWidth,
    getWindowHeight: () => own.window.innerHeight,
    getDevicePixelRatio: () => own.window.devicePixelRatio,
    getTheme: () => 'light',
    registerStyleSheetContent(/** @type {string} */ path, /** @type {unknown} */ css) {
      sheets[path] = `${css}`
    },
    // Every page that opens asks for its sheets again; one copy in the document is enough.
    appendStyleSheetPath(/** @type {string} */ path) {
      if (appended[path] === undefined) {
        const style = document.createElement('style')
        style.textContent = sheets[path]
        document.head.appendChild(style)
        appended[path] = count++
      }
      return appended[path]
    },
    disableStyleSheet() {},
    render(/** @type {(error: Error | null) => void} */ done) {
      own.window.requestAnimationFrame(() => done(null))
    },
    getRootNode: () => new Face(document.createElement('div')),
    associateValue(/** @type {Face} */ face, /** @type {any} */ value) {
      nodeOf(face).phoneElement = value
    },
    onEvent(/** @type {any} */ given) {
      if (!listener) watchTaps(document.body, emit)
      listener = given
    },
    setListenerStats(/** @type {Face} */ face, /** @type {string} */ type, _capture = false, mutLevel = 0) {
      const prevent = mutLevel === 2
      if (TOUCH.includes(type)) {
        if (delegated[type]) return
        delegated[type] = true
        document.body.addEventListener(type, (/** @type {any} */ event) => {
          if (emit(event.target, type, {}, true, { touches: flat(event.touches), changedTouches: flat(event.changedTouches) })) event.preventDefault()
        }, { capture: true, passive: false })
      } else if (type === 'tap') {
        // A browser leads a finger to what it believes can be clicked: this can.
        nodeOf(face).addEventListener?.('click', nothing)
      } else if (OF_THE_ELEMENT.includes(type)) {
        const node = nodeOf(face)
        const mark = `phoneHears_${type}`
        if (node[mark]) return
        node[mark] = true
        node.addEventListener(type, (/** @type {any} */ event) => {
          if (event.target !== node) return
          if (prevent) event.preventDefault()
          emit(node, type, detailOf(event, node), false)
        })
      }
    },
    setModelBindingStat() {},
    createIntersectionObserver: undefined,
    getScrollOffset(/** @type {Face} */ face, /** @type {(offset: object) => void} */ done) {
      const { scrollLeft, scrollTop, scrollWidth, scrollHeight } = nodeOf(face)
      done({ scrollLeft, scrollTop, scrollWidth, scrollHeight })
    },
    getContext(/** @type {Face} */ _face, /** @type {(context: null) => void} */ done) {
      done(null)
    },
  }
}

function nothing() {}

/** Names of the document: built-in components have their own, a few of HTML are inside them. @param {string} name */
function elementName(name) {
  if (name.startsWith('native-') && NATIVE.includes(name.slice(7))) return name.slice(7)
  return BUILT_IN_TAGS.includes(name) ? tagOf(name) : 'wx-component'
}

/** @param {any} event @param {any} node */
function detailOf(event, node) {
  switch (event.type) {
    case 'input': case 'change': case 'focus': case 'blur': return { value: node.value }
    case 'keydown': return { key: event.key, value: node.value }
    case 'load': return { width: node.naturalWidth, height: node.naturalHeight }
    case 'error': return { errMsg: 'the image could not be loaded' }
    default: return {}
  }
}

/** @param {any} touches @returns {object[]} numbers only: the browser's own point to its window */
function flat(touches) {
  const copied = []
  for (let at = 0; at < touches.length; at += 1) {
    const { identifier, clientX, clientY, pageX, pageY } = touches[at]
    copied[at] = { identifier, clientX, clientY, pageX, pageY }
  }
  return copied
}

/** Hands what the document reports to the framework. @param {any} backend @param {(error: unknown) => void} onError */
export function connectEvents(backend, onError) {
  backend.onEvent((/** @type {any} */ target, /** @type {string} */ type, /** @type {any} */ detail, /** @type {any} */ options) => {
    try {
      return glassEasel.Event.triggerEvent(target, type, detail, options)
    } catch (error) {
      onError(error)
      return undefined
    }
  })
}
