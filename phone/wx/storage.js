// @ts-check
import { WxFail, asynchronous, requireType } from './callback.js'

/** WeChat's limits, in bytes of what is kept. */
const MAX_ENTRY = 1024 * 1024
const MAX_TOTAL = 10 * 1024 * 1024

/** @param {import('../runtime/host.js').Host} host */
export function storageApi({ storage }) {
  /** @param {string} key @param {unknown} data */
  function set(key, data) {
    requireType(key, 'key', 'String')
    if (key === '') throw new WxFail('parameter error: parameter.key should not be empty;', 1001)
    const text = encode(data)
    const size = bytes(text)
    if (size > MAX_ENTRY) throw new WxFail('entry size limit reached')
    const others = storage.keys().filter((name) => name !== key).reduce((sum, name) => sum + bytes(storage.get(name) ?? ''), 0)
    if (others + size > MAX_TOTAL) throw new WxFail('exceed storage max size 10Mb')
    storage.set(key, text)
  }

  /** @param {string} key */
  function get(key) {
    requireType(key, 'key', 'String')
    const text = storage.get(key)
    return text === null ? undefined : { data: decode(text) }
  }

  function info() {
    const keys = storage.keys()
    const total = keys.reduce((sum, name) => sum + bytes(storage.get(name) ?? ''), 0)
    return { keys, currentSize: Math.ceil(total / 1024), limitSize: MAX_TOTAL / 1024 }
  }

  return {
    setStorage: asynchronous('setStorage', ({ key, data }) => {
      set(key, data)
      return {}
    }),
    getStorage: asynchronous('getStorage', ({ key }) => {
      const found = get(key)
      if (!found) throw new WxFail('data not found')
      return found
    }),
    removeStorage: asynchronous('removeStorage', ({ key }) => {
      requireType(key, 'key', 'String')
      storage.remove(key)
      return {}
    }),
    clearStorage: asynchronous('clearStorage', () => {
      storage.clear()
      return {}
    }),
    getStorageInfo: asynchronous('getStorageInfo', info),
    setStorageSync: synchronous('setStorageSync', set),
    getStorageSync: synchronous('getStorageSync', (/** @type {string} */ key) => get(key)?.data ?? ''),
    removeStorageSync: synchronous('removeStorageSync', (/** @type {string} */ key) => {
      requireType(key, 'key', 'String')
      storage.remove(key)
    }),
    clearStorageSync: synchronous('clearStorageSync', () => storage.clear()),
    getStorageInfoSync: synchronous('getStorageInfoSync', info),
  }
}

/**
 * @template {any[]} A
 * @template R
 * @param {string} name
 * @param {(...args: A) => R} run
 */
function synchronous(name, run) {
  return (/** @type {A} */ ...args) => {
    try {
      return run(...args)
    } catch (error) {
      if (error instanceof WxFail) throw new Error(error.result(name).errMsg)
      throw error
    }
  }
}

/** A copy that shares nothing with the page: JSON, and Date as WeChat keeps it. @param {unknown} data */
function encode(data) {
  if (data instanceof Date) return JSON.stringify({ date: data.getTime() })
  let text
  try {
    text = JSON.stringify({ data: data === undefined ? '' : data })
  } catch (error) {
    throw new WxFail(`parameter error: parameter.data cannot be kept as JSON (${/** @type {Error} */ (error).message})`, 1001)
  }
  return text
}

/** @param {string} text */
function decode(text) {
  const kept = JSON.parse(text)
  return 'date' in kept ? new Date(kept.date) : kept.data
}

/** Length in UTF-8. @param {string} text */
function bytes(text) {
  let length = 0
  for (const character of text) {
    const point = /** @type {number} */ (character.codePointAt(0))
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return length
}
