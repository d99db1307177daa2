// @ts-check
import { own } from './realm.js'

/** @typedef {(...given: any[]) => void} Listener */

/**
 * Two ends between a page and the one that navigateTo opened: what one end emits, the listeners of the other hear.
 * @param {Record<string, Listener>} [events] listeners of the opener's end
 */
export function createChannel(events = {}) {
  /** @type {Map<string, Set<Listener>>} */
  const ofOpener = new Map()
  /** @type {Map<string, Set<Listener>>} */
  const ofOpened = new Map()
  const opener = end(ofOpener, ofOpened)
  for (const name of Object.keys(events)) opener.on(name, events[name])
  return { opener, opened: end(ofOpened, ofOpener) }
}

/** @param {Map<string, Set<Listener>>} mine @param {Map<string, Set<Listener>>} others */
function end(mine, others) {
  return {
    /** @param {string} name @param {Listener} listener */
    on(name, listener) {
      if (typeof listener !== 'function') throw new TypeError(`EventChannel: the listener of "${name}" is no function`)
      if (!mine.has(name)) mine.set(name, new Set())
      mine.get(name)?.add(listener)
    },
    /** @param {string} name @param {Listener} listener */
    once(name, listener) {
      const first = (/** @type {any[]} */ ...given) => {
        mine.get(name)?.delete(first)
        listener(...given)
      }
      this.on(name, first)
    },
    /** One listener, or all of that name. @param {string} name @param {Listener} [listener] */
    off(name, listener) {
      if (listener === undefined) mine.delete(name)
      else mine.get(name)?.delete(listener)
    },
    /** @param {string} name @param {any[]} given */
    emit(name, ...given) {
      for (const listener of [...others.get(name) ?? []]) {
        try {
          listener(...given)
        } catch (error) {
          // An error of the page that listens, not of the one that emits.
          own.setTimeout(() => { throw error }, 0)
        }
      }
    },
  }
}
