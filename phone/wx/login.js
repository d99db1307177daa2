// @ts-check
import { WxFail, asynchronous } from './callback.js'

/** @param {import('../runtime/host.js').Host} host */
export function loginApi(host) {
  return {
    login: asynchronous('login', async () => {
      let code
      try {
        code = await host.login()
      } catch (error) {
        host.report({ event: 'wx', name: 'login', ok: false })
        throw new WxFail(`网络错误 (${reason(error)})`, 600001)
      }
      host.report({ event: 'wx', name: 'login', ok: true })
      return { code }
    }),
    checkSession: asynchronous('checkSession', () => ({})),
  }
}

/** @param {any} error of the host's realm */
function reason(error) {
  return String(error?.message ?? error)
}
