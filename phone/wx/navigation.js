// @ts-check
import { WxFail, asynchronous, requireType } from './callback.js'

/** @param {import('../runtime/index.js').Shell} shell */
export function navigationApi(shell) {
  /** @param {string} name @param {(url: string, from: string, events: any) => object | void} go */
  const to = (name, go) => asynchronous(name, ({ url, events }) => {
    requireType(url, 'url', 'String')
    return attempt(() => go(url, shell.stack.top?.path ?? '', events))
  })
  return {
    navigateTo: to('navigateTo', (url, from, events) => ({ eventChannel: shell.stack.navigateTo(url, from, events) })),
    redirectTo: to('redirectTo', (url, from) => shell.stack.redirectTo(url, from)),
    switchTab: to('switchTab', (url, from) => shell.stack.switchTab(url, from)),
    reLaunch: to('reLaunch', (url, from) => shell.stack.reLaunch(url, from)),
    navigateBack: asynchronous('navigateBack', ({ delta = 1 }) => attempt(() => shell.stack.navigateBack(delta))),
    setNavigationBarTitle: asynchronous('setNavigationBarTitle', ({ title }) => {
      requireType(title, 'title', 'String')
      shell.changeBar({ title })
      return {}
    }),
    setNavigationBarColor: asynchronous('setNavigationBarColor', ({ frontColor, backgroundColor }) => {
      requireType(frontColor, 'frontColor', 'String')
      requireType(backgroundColor, 'backgroundColor', 'String')
      shell.changeBar({ background: backgroundColor, textStyle: /^#0{3,6}$/.test(frontColor) ? 'black' : 'white' })
      return {}
    }),
    // Nothing is drawn of these.
    showNavigationBarLoading: asynchronous('showNavigationBarLoading', () => ({})),
    hideNavigationBarLoading: asynchronous('hideNavigationBarLoading', () => ({})),
    hideHomeButton: asynchronous('hideHomeButton', () => ({})),
    setTabBarItem: asynchronous('setTabBarItem', ({ index, text }) => {
      requireType(index, 'index', 'Number')
      return changeTab(index, { text: String(text) })
    }),
    setTabBarBadge: asynchronous('setTabBarBadge', ({ index, text }) => {
      requireType(index, 'index', 'Number')
      return changeTab(index, { badge: String(text) })
    }),
    removeTabBarBadge: asynchronous('removeTabBarBadge', ({ index }) => changeTab(index, { badge: undefined })),
    showTabBarRedDot: asynchronous('showTabBarRedDot', ({ index }) => changeTab(index, { badge: '' })),
    hideTabBarRedDot: asynchronous('hideTabBarRedDot', ({ index }) => changeTab(index, { badge: undefined })),
    hideTabBar: asynchronous('hideTabBar', () => shell.hideTabs(true)),
    showTabBar: asynchronous('showTabBar', () => shell.hideTabs(false)),
  }

  /** @param {number} index @param {{text?: string, badge?: string}} change */
  function changeTab(index, change) {
    if (!shell.changeTab(index, change)) throw new WxFail('tabbar item not found')
    return {}
  }
}

/** @param {() => object | void} go @returns {object} */
function attempt(go) {
  try {
    return go() ?? {}
  } catch (error) {
    // The page stack refuses with a text of WeChat's; page code that throws in onLoad is reported as itself.
    throw new WxFail(/** @type {Error} */ (error).message)
  }
}
