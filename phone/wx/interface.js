// @ts-check
import { WxFail, asynchronous, requireType } from './callback.js'

const DEFAULT_TOAST_MS = 1500

/**
 * @param {import('../runtime/host.js').Host} host
 * @param {import('../runtime/index.js').Shell} shell
 */
export function interfaceApi(host, shell) {
  return {
    showToast: asynchronous('showToast', ({ title, icon = 'success', duration = DEFAULT_TOAST_MS }) => {
      requireType(title, 'title', 'String')
      host.ui.toast({ title, icon, duration })
      return {}
    }),
    hideToast: asynchronous('hideToast', () => {
      host.ui.toast(null)
      return {}
    }),
    showLoading: asynchronous('showLoading', ({ title }) => {
      requireType(title, 'title', 'String')
      host.ui.toast({ title, icon: 'loading', duration: 0 })
      return {}
    }),
    hideLoading: asynchronous('hideLoading', () => {
      host.ui.toast(null)
      return {}
    }),
    showModal: asynchronous('showModal', async (given) => {
      const { title = '', content = '', showCancel = true, cancelText = '取消', confirmText = '确定' } = given
      const confirm = await host.ui.modal({ title: String(title), content: String(content), buttons: showCancel ? [cancelText, confirmText] : [confirmText] }) === confirmText
      return { confirm, cancel: !confirm, content: null }
    }),
    showActionSheet: asynchronous('showActionSheet', async ({ itemList }) => {
      requireType(itemList, 'itemList', 'Array')
      const tapIndex = itemList.indexOf(await host.ui.modal({ title: '', content: '', buttons: [...itemList, '取消'] }))
      if (tapIndex < 0) throw new WxFail('cancel')
      return { tapIndex }
    }),
    pageScrollTo: asynchronous('pageScrollTo', () => ({})),
    stopPullDownRefresh: asynchronous('stopPullDownRefresh', () => ({})),
    setNavigationBarColor: asynchronous('setNavigationBarColor', () => ({})),
    nextTick: (/** @type {() => void} */ callback) => shell.nextTick(callback),
  }
}
