// @ts-check
import { WxFail, asynchronous, requireType } from './callback.js'

const DEFAULT_TOAST_MS = 1500
const CANCEL = '取消'

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
      const { title = '', content = '', showCancel = true, cancelText = CANCEL, confirmText = '确定' } = given
      const { button, text } = await host.ui.modal({ kind: 'modal', title: String(title), content: String(content), confirm: confirmText, buttons: showCancel ? [cancelText, confirmText] : [confirmText], editable: given.editable === true, placeholder: String(given.placeholderText ?? '') })
      const confirm = button === confirmText
      return { confirm, cancel: !confirm, content: confirm && given.editable === true ? text : null }
    }),
    showActionSheet: asynchronous('showActionSheet', async ({ itemList, alertText = '' }) => {
      requireType(itemList, 'itemList', 'Array')
      if (itemList.length < 1 || itemList.length > 6) throw new WxFail('parameter error: itemList should not be larger than 6', 1001)
      const items = itemList.map(String)
      const { button } = await host.ui.modal({ kind: 'actions', title: String(alertText), content: '', confirm: '', buttons: [...items, CANCEL] })
      const tapIndex = items.indexOf(button)
      if (tapIndex < 0) throw new WxFail('cancel')
      return { tapIndex }
    }),
    pageScrollTo: asynchronous('pageScrollTo', ({ scrollTop }) => {
      requireType(scrollTop, 'scrollTop', 'Number')
      shell.stack.top?.scrollTo(scrollTop)
      return {}
    }),
    // Nothing is drawn of it: what it does is to ask the page.
    startPullDownRefresh: asynchronous('startPullDownRefresh', () => {
      shell.stack.top?.page.onPullDownRefresh?.()
      return {}
    }),
    stopPullDownRefresh: asynchronous('stopPullDownRefresh', () => ({})),
    createSelectorQuery() {
      const top = shell.stack.top
      if (!top) throw new Error('wx.createSelectorQuery: no page is open')
      return top.page.createSelectorQuery()
    },
    vibrateShort: asynchronous('vibrateShort', () => {
      host.vibrate()
      return {}
    }),
    setClipboardData: asynchronous('setClipboardData', async ({ data }) => {
      requireType(data, 'data', 'String')
      await host.clipboard.write(data)
      host.ui.toast({ title: '内容已复制', icon: 'none', duration: DEFAULT_TOAST_MS })
      return {}
    }),
    getClipboardData: asynchronous('getClipboardData', async () => ({ data: await host.clipboard.read() })),
    nextTick: (/** @type {() => void} */ callback) => shell.nextTick(callback),
  }
}
