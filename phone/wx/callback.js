// @ts-check
import { own } from '../runtime/realm.js'

/** A failure as wx reports it: `NAME:fail REASON` and, where WeChat gives one, its errno. */
export class WxFail extends Error {
  /** @param {string} reason @param {number} [errno] */
  constructor(reason, errno) {
    super(reason)
    this.errno = errno
  }

  /** @param {string} name of the API */
  result(name) {
    const result = { errMsg: `${name}:fail${this.message ? ` ${this.message}` : ''}` }
    return this.errno === undefined ? result : { ...result, errno: this.errno }
  }
}

/** Told of each call and how it ended. @type {(name: string, given: any, outcome: {ok: boolean, result: any}) => void} */
let observer = () => {}

/** @param {typeof observer} listener */
export function observeCalls(listener) {
  observer = listener
}

/**
 * The shape all asynchronous wx calls share: `success`, `fail` and `complete`, or a promise when none is given.
 * @template T
 * @param {string} name
 * @param {(options: any) => Promise<T> | T} run throws WxFail to fail
 */
export function asynchronous(name, run) {
  return (/** @type {any} */ options) => {
    const given = options ?? {}
    const settled = settle(name, () => run(given)).then((outcome) => {
      observer(name, given, outcome)
      return outcome
    })
    if (typeof given.success === 'function' || typeof given.fail === 'function' || typeof given.complete === 'function') {
      settled.then((outcome) => callBack(given, outcome))
      return undefined
    }
    return settled.then((outcome) => {
      if (outcome.ok) return outcome.result
      throw outcome.result
    })
  }
}

/** @param {string} name @param {() => any} run @returns {Promise<{ok: boolean, result: any}>} */
export async function settle(name, run) {
  try {
    const result = await run()
    return { ok: true, result: { errMsg: `${name}:ok`, ...result } }
  } catch (error) {
    if (error instanceof WxFail) return { ok: false, result: error.result(name) }
    return { ok: false, result: { errMsg: `${name}:fail ${error instanceof Error ? error.message : String(error)}` } }
  }
}

/**
 * Each callback is a task of its own: what one throws is an error of the page and stops nothing else.
 * @param {any} given
 * @param {{ok: boolean, result: any}} outcome
 */
export function callBack(given, { ok, result }) {
  for (const callback of [ok ? given.success : given.fail, given.complete]) {
    if (typeof callback === 'function') own.setTimeout(() => callback(result), 0)
  }
}

/** Types as wx names them, where `typeof` decides. @type {Record<string, string>} */
const TYPE_NAMES = { string: 'String', number: 'Number', boolean: 'Boolean', undefined: 'Undefined', function: 'Function' }

/**
 * @param {unknown} value
 * @param {string} parameter
 * @param {string} type as wx names it: String, Number, Object ...
 */
export function requireType(value, parameter, type) {
  const actual = value === null ? 'Null' : Array.isArray(value) ? 'Array' : TYPE_NAMES[typeof value] ?? 'Object'
  if (actual !== type) throw new WxFail(`parameter error: parameter.${parameter} should be ${type} instead of ${actual};`, 1001)
}
