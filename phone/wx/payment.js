// @ts-check
import { WxFail, asynchronous, requireType } from './callback.js'

const FIELDS = ['timeStamp', 'nonceStr', 'package', 'signType', 'paySign']

/**
 * The phone holds no key: the sandbox, in WeChat's place, checks the signature and moves the money.
 * @param {import('../runtime/host.js').Host} host
 */
export function paymentApi(host) {
  return {
    requestPayment: asynchronous('requestPayment', async (given) => {
      for (const field of FIELDS) requireType(given[field], field, 'String')
      if (!given.package.startsWith('prepay_id=') || given.package.length === 'prepay_id='.length) {
        throw new WxFail('parameter error: parameter.package should be "prepay_id=..."', 1001)
      }
      if (given.nonceStr.length > 32) throw new WxFail('parameter error: parameter.nonceStr is longer than 32', 1001)
      // Not the appid of project.config.json: a test appid is nobody's, and the sandbox knows whose phone it is.
      const params = Object.fromEntries(FIELDS.map((field) => [field, given[field]]))
      host.report({ event: 'wx', name: 'requestPayment' })
      const errMsg = await host.openSheet(params)
      host.report({ event: 'wx', name: 'requestPayment', ok: errMsg === 'requestPayment:ok', errMsg })
      if (errMsg !== 'requestPayment:ok') throw new WxFail(errMsg.replace(/^requestPayment:(fail ?)?/, ''))
      return {}
    }),
  }
}
