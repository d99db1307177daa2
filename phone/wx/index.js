// @ts-check
import { observeCalls } from './callback.js'
import { interfaceApi } from './interface.js'
import { lifecycleApi } from './lifecycle.js'
import { logApi } from './log.js'
import { loginApi } from './login.js'
import { navigationApi } from './navigation.js'
import { paymentApi } from './payment.js'
import { randomApi } from './random.js'
import { requestApi } from './request.js'
import { storageApi } from './storage.js'
import { systemApi } from './system.js'
import { BUILT_IN_TAGS } from '../compile/tags.js'

/** Read by engines and test tools on any object; they ask for no API. */
const NOT_AN_API = ['then', 'toJSON', 'constructor', 'prototype', '$$typeof', 'inspect', 'nodeType', 'length']

/** What pages call all the time and nobody wants to read; the network tells of logins and requests itself. */
const QUIET = ['login', 'requestPayment', 'getRandomValues', 'setNavigationBarTitle', 'setTabBarItem', 'getStorage', 'getNetworkType']

/** What a tap on these does here. @type {Record<string, string[]>} */
const OPEN_TYPES = { navigator: ['navigate', 'redirect', 'switchTab', 'reLaunch', 'navigateBack'] }

/** No functions but objects: what is asked of them would otherwise be missing without a word. */
const OBJECTS = ['cloud', 'env']

/**
 * The object `wx` of one mini program.
 * @param {import('../runtime/host.js').Host} host
 * @param {import('../runtime/index.js').Shell} shell
 */
export function createWx(host, shell) {
  observeCalls((name, given, { ok, result }) => {
    if (QUIET.includes(name)) return
    host.report({ event: 'wx', name, ok, ...(typeof given.key === 'string' && { key: given.key }), ...(typeof given.url === 'string' && { key: given.url.split('?')[0] }), ...(!ok && { errMsg: result.errMsg }) })
  })
  /** @type {Record<string, any>} */
  const api = {
    ...interfaceApi(host, shell),
    ...lifecycleApi(shell),
    ...logApi(host),
    ...loginApi(host),
    ...navigationApi(shell),
    ...paymentApi(host),
    ...randomApi(host),
    ...requestApi(host, shell),
    ...storageApi(host),
    ...systemApi(host, shell),
  }
  api.canIUse = (/** @type {string} */ schema) => {
    const [name, attribute, value] = String(schema).split('.')
    if (attribute === 'open-type' && value !== undefined) return (OPEN_TYPES[name] ?? []).includes(value)
    return Object.hasOwn(api, name) || BUILT_IN_TAGS.includes(name)
  }
  return new Proxy(Object.freeze(api), {
    get(target, name) {
      if (typeof name !== 'string' || name in target || NOT_AN_API.includes(name)) return Reflect.get(target, name)
      const refuse = () => {
        throw new Error(`wx.${name} is not there: this simulated phone does not have it (ask wx.canIUse first)`)
      }
      return OBJECTS.includes(name) ? new Proxy({}, { get: refuse }) : refuse
    },
  })
}
