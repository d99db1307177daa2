// @ts-check
import { asynchronous } from './callback.js'

/**
 * @param {import('../runtime/host.js').Host} host
 * @param {import('../runtime/index.js').Shell} shell
 */
export function systemApi(host, shell) {
  const device = () => host.device()
  const appBaseInfo = () => ({ SDKVersion: '3.0.0', language: device().language, theme: device().theme, version: 'simulated', host: { env: 'wx-checkout-phone' } })
  const windowInfo = () => ({ pixelRatio: device().pixelRatio, windowWidth: device().width, windowHeight: device().height, screenWidth: device().width, screenHeight: device().height, statusBarHeight: 20, safeArea: { left: 0, right: device().width, top: 20, bottom: device().height, width: device().width, height: device().height - 20 } })
  const systemInfo = () => ({ ...appBaseInfo(), ...windowInfo(), platform: 'devtools', brand: 'simulated', model: 'wx-checkout phone', system: 'simulated' })
  return {
    getNetworkType: asynchronous('getNetworkType', () => ({ networkType: host.network() })),
    getSystemInfo: asynchronous('getSystemInfo', systemInfo),
    getSystemInfoSync: systemInfo,
    getAppBaseInfo: appBaseInfo,
    getWindowInfo: windowInfo,
    getDeviceInfo: () => ({ platform: 'devtools', brand: 'simulated', model: 'wx-checkout phone', system: 'simulated' }),
    getAccountInfoSync: () => ({ miniProgram: { appId: shell.appid, envVersion: 'develop', version: '' } }),
    getMenuButtonBoundingClientRect: () => ({ width: 87, height: 32, top: 6, bottom: 38, left: device().width - 97, right: device().width - 10 }),
    // What is on the screen is the newest there is.
    getUpdateManager: () => ({ onCheckForUpdate: (/** @type {any} */ listener) => shell.nextTick(() => listener({ hasUpdate: false })), onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
    getLaunchOptionsSync: () => shell.launchOptions(),
    getEnterOptionsSync: () => shell.launchOptions(),
  }
}
