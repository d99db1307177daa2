// @ts-check
/** The events of the app that a page can listen to; `on` takes listeners, `off` takes one or all away. */
const EVENTS = ['AppShow', 'AppHide', 'Error', 'UnhandledRejection', 'NetworkStatusChange', 'ThemeChange']

/** @param {import('../runtime/index.js').Shell} shell */
export function lifecycleApi(shell) {
  /** @type {Record<string, any>} */
  const api = {}
  for (const name of EVENTS) {
    api[`on${name}`] = (/** @type {(detail: any) => void} */ listener) => {
      if (typeof listener === 'function') shell.listeners(name).add(listener)
    }
    api[`off${name}`] = (/** @type {((detail: any) => void) | undefined} */ listener) => {
      if (listener === undefined) shell.listeners(name).clear()
      else shell.listeners(name).delete(listener)
    }
  }
  return api
}
