// @ts-check
import { PageStack } from './pages.js'
import { createApp } from './app.js'
import { createConsole } from './console.js'
import { createModules } from './modules.js'
import { createScreen } from './screen.js'
import { createWXWebAssembly } from './wasm.js'
import { createWx } from '../wx/index.js'
import { locate } from './errors.js'
import { own, stripRealm } from './realm.js'

/**
 * What the parts of one running mini program share.
 * @typedef {object} Shell
 * @property {string} appid
 * @property {number | undefined} requestTimeout milliseconds, of app.json
 * @property {PageStack} stack
 * @property {(name: string) => Set<(detail: any) => void>} listeners of an app event
 * @property {(title: string) => void} setTitle of the page on top
 * @property {(index: number, text: string) => boolean} setTabText
 * @property {() => {path: string, query: Record<string, string>, scene: number}} launchOptions
 * @property {(callback: () => void) => void} nextTick
 */

/**
 * Starts the mini program in this realm, which must be fresh: it is stripped of what a phone lacks.
 * @param {string} programJson a compiled program
 * @param {import('./host.js').Host} host
 * @returns {string} JSON: `{"ok":true}` or what page code threw, `{"ok":false,"file","line","message"}`
 */
export function start(programJson, host) {
  /** @type {import('../compile/index.js').Program & {builtIns: string}} */
  const program = JSON.parse(programJson)
  const failed = (/** @type {unknown} */ error, /** @type {string} */ file) => JSON.stringify({ ok: false, ...locate(error, file) })

  /** @type {Map<string, Set<(detail: any) => void>>} */
  const listening = new Map()
  const listeners = (/** @type {string} */ name) => {
    if (!listening.has(name)) listening.set(name, new Set())
    return /** @type {Set<(detail: any) => void>} */ (listening.get(name))
  }
  const pageError = (/** @type {unknown} */ error) => {
    host.report({ event: 'error', ...locate(error) })
    const text = String(/** @type {any} */ (error)?.stack ?? error)
    for (const listener of listeners('Error')) listener({ message: text, stack: text })
  }

  const launch = { path: program.app.pages[0], query: {}, scene: 1001 }
  const tabs = (program.app.tabBar?.list ?? []).map((tab) => ({ ...tab }))
  const titles = new Map()
  const screen = createScreen(program, pageError, (target) => navigate(wx, target))
  /** @type {{path: string, stage: string}} */
  const running = { path: 'app', stage: 'app.js' }
  const stack = new PageStack({
    pages: program.app.pages,
    tabs: tabs.map((tab) => tab.pagePath),
    open: (path) => {
      running.path = path
      define(path)
      return screen.open(path)
    },
    changed() {
      showBars()
      host.report({ event: 'page', path: stack.top.path })
    },
  })
  /** @type {Shell} */
  const shell = {
    appid: program.appid,
    requestTimeout: program.app.networkTimeout?.request,
    stack,
    listeners,
    launchOptions: () => ({ ...launch }),
    setTitle(title) {
      titles.set(stack.top?.page, title)
      showBars()
    },
    setTabText(index, text) {
      if (!tabs[index]) return false
      tabs[index].text = text
      showBars()
      return true
    },
    nextTick: (callback) => own.setTimeout(callback, 0),
  }

  function showBars() {
    const top = stack.top
    if (!top) return
    host.ui.bar({
      title: titles.get(top.page) ?? program.configs[top.path].navigationBarTitleText ?? program.app.window.navigationBarTitleText ?? '',
      canGoBack: stack.pages.length > 1,
      tabs: tabs.some((tab) => tab.pagePath === top.path) ? tabs.map((tab) => ({ text: tab.text, path: tab.pagePath, selected: tab.pagePath === top.path })) : [],
    })
  }

  const wx = createWx(host, shell)
  const app = createApp()
  stripRealm()
  const modules = createModules(program.scripts, {
    wx,
    App: app.register,
    getApp: app.get,
    getCurrentPages: () => stack.pages.slice(),
    WXWebAssembly: createWXWebAssembly(host.readFile),
    console: createConsole(host),
  })

  /** Runs the file of a page or component, and of the components it uses, once. @param {string} path */
  function define(path) {
    for (const used of Object.values(program.configs[path].usingComponents ?? {})) define(used.slice(1))
    screen.define(path, (definitions) => modules.load(`${path}.js`, definitions))
  }

  const events = /** @type {any} */ (globalThis)
  events.addEventListener('error', (/** @type {any} */ event) => pageError(event.error ?? event.message))
  events.addEventListener('unhandledrejection', (/** @type {any} */ event) => rejected(event.reason))
  const rejected = (/** @type {unknown} */ reason) => {
    host.report({ event: 'error', ...locate(reason), unhandledRejection: true })
    for (const listener of listeners('UnhandledRejection')) listener({ reason, promise: undefined })
  }

  try {
    modules.load('app.js')
    app.launch(launch)
  } catch (error) {
    return failed(error, 'app.js')
  }
  try {
    stack.reLaunch(`/${launch.path}`, '')
  } catch (error) {
    return failed(error, `${running.path}.js`)
  }
  started = {
    hide() {
      stack.hideForBackground()
      app.call('onHide', undefined)
      for (const listener of listeners('AppHide')) listener(undefined)
    },
    show() {
      app.call('onShow', launch)
      for (const listener of listeners('AppShow')) listener(launch)
      stack.showTop()
    },
    back: () => stack.navigateBack(1),
    switchTab: (path) => stack.switchTab(`/${path}`, ''),
    network: (isConnected) => {
      for (const listener of listeners('NetworkStatusChange')) listener({ isConnected, networkType: isConnected ? 'wifi' : 'none' })
    },
    rejected,
  }
  return JSON.stringify({ ok: true })
}

/** @type {{hide(): void, show(): void, back(): void, switchTab(path: string): void, network(isConnected: boolean): void, rejected(reason: unknown): void} | undefined} */
let started

/** What the person holding the phone does outside the page: home, back, the tab bar, airplane mode. */
export function control() {
  if (!started) throw new Error('no mini program is running')
  return started
}

/** @param {any} wx @param {{url: string, openType: string, delta: number}} target */
function navigate(wx, { url, openType, delta }) {
  const call = { navigate: 'navigateTo', redirect: 'redirectTo', switchTab: 'switchTab', reLaunch: 'reLaunch' }[openType]
  if (openType === 'navigateBack') wx.navigateBack({ delta, fail() {} })
  else if (call) wx[call]({ url, fail(/** @type {any} */ error) { throw new Error(error.errMsg) } })
  else throw new Error(`navigator: unknown open-type "${openType}"`)
}
