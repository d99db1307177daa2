// @ts-check
import { WxFail, asynchronous, requireType } from './callback.js'

/** @param {import('../runtime/index.js').Shell} shell */
export function navigationApi(shell) {
  /** @param {string} name @param {(url: string, from: string) => void} go */
  const to = (name, go) => asynchronous(name, ({ url }) => {
    requireType(url, 'url', 'String')
    return attempt(() => go(url, shell.stack.top?.path ?? ''))
  })
  return {
    navigateTo: to('navigateTo', (url, from) => shell.stack.navigateTo(url, from)),
    redirectTo: to('redirectTo', (url, from) => shell.stack.redirectTo(url, from)),
    switchTab: to('switchTab', (url, from) => shell.stack.switchTab(url, from)),
    reLaunch: to('reLaunch', (url, from) => shell.stack.reLaunch(url, from)),
    navigateBack: asynchronous('navigateBack', ({ delta = 1 }) => attempt(() => shell.stack.navigateBack(delta))),
    setNavigationBarTitle: asynchronous('setNavigationBarTitle', ({ title }) => {
      requireType(title, 'title', 'String')
      shell.setTitle(title)
      return {}
    }),
    setTabBarItem: asynchronous('setTabBarItem', ({ index, text }) => {
      requireType(index, 'index', 'Number')
      if (!shell.setTabText(index, String(text))) throw new WxFail('tabbar item not found')
      return {}
    }),
  }
}

/** @param {() => void} go */
function attempt(go) {
  try {
    go()
  } catch (error) {
    // The page stack refuses with a text of WeChat's; page code that throws in onLoad is reported as itself.
    throw new WxFail(/** @type {Error} */ (error).message)
  }
  return {}
}
