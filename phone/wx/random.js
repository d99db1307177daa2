// @ts-check
import { WxFail, asynchronous } from './callback.js'

/** @param {import('../runtime/host.js').Host} host */
export function randomApi(host) {
  return {
    getRandomValues: asynchronous('getRandomValues', ({ length }) => {
      if (!Number.isInteger(length) || length < 1 || length > 1_048_576) {
        throw new WxFail('parameter error: parameter.length should be an integer from 1 to 1048576', 1001)
      }
      return { randomValues: new Uint8Array(host.randomBytes(length)).buffer }
    }),
  }
}
