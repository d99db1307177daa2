// @ts-check
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

/** Read by engines and test tools on any object; they ask for no API. */
const NOT_AN_API = ['then', 'toJSON', 'constructor', 'prototype', '$$typeof', 'inspect', 'nodeType', 'length']

/**
 * The object `wx` of one mini program.
 * @param {import('../runtime/host.js').Host} host
 * @param {import('../runtime/index.js').Shell} shell
 */
export function createWx(host, shell) {
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
  api.canIUse = (/** @type {string} */ schema) => Object.hasOwn(api, String(schema).split('.')[0])
  return new Proxy(Object.freeze(api), {
    get(target, name) {
      if (typeof name !== 'string' || name in target || NOT_AN_API.includes(name)) return Reflect.get(target, name)
      return () => {
        throw new Error(`wx.${name} is not there: this simulated phone does not have it (ask wx.canIUse first)`)
      }
    },
  })
}
