// @ts-check
import { PageStack } from './pages.js'
import { createApp } from './app.js'
import { createBars } from './bars.js'
import { createConsole } from './console.js'
import { createModules } from './modules.js'
import { createScreen } from './screen.js'
import { createWXWebAssembly } from './wasm.js'
import { guard } from './border.js'
import { createWx } from '../wx/index.js'
import { PageFault, locate } from './errors.js'
import { own, stripRealm } from './realm.js'

/**
 * What the parts of one running mini program share.
 * @typedef {object} Shell
 * @property {string} appid
 * @property {number | undefined} requestTimeout milliseconds, of app.json
 * @property {PageStack} stack
 * @property {(name: string) => Set<(detail: any) => void>} listeners of an app event
 * @property {(change: {title?: string, background?: string, textStyle?: string}) => void} changeBar of the page on top
 * @property {(index: number, change: {text?: string, badge?: string}) => boolean} changeTab
 * @property {(hide: boolean) => void} hideTabs
 * @property {() => {path: string, query: Record<string, string>, scene: number}} launchOptions
 * @property {(callback: () => void) => void} nextTick
 */

/**
 * Starts the mini program in this realm, which must be fresh: it is stripped of what a phone lacks.
 * @param {string} programJson a compiled program
 * @param {import('./host.js').Host} foreign
 * @returns {string} JSON: `{"ok":true}` or what page code threw, `{"ok":false,"file","line","message"}`
 */
export function start(programJson, foreign) {
  try {
    return begin(programJson, foreign)
  } catch (error) {
    // Whatever it is, the person reads of it: a phone that stays blank says nothing.
    return JSON.stringify({ ok: false, ...locate(error) })
  }
}

/** @param {string} programJson @param {import('./host.js').Host} foreign @returns {string} */
function begin(programJson, foreign) {
  const host = guard(foreign)
  /** @type {import('../compile/index.js').Program & {builtIns: string}} */
  const program = JSON.parse(programJson)
  const failed = (/** @type {unknown} */ error, /** @type {string} */ file) => JSON.stringify({ ok: false, ...locate(error, file) })

  /** @type {Map<string, Set<(detail: any) => void>>} */
  const listening = new Map()
  const listeners = (/** @type {string} */ name) => {
    if (!listening.has(name)) listening.set(name, new Set())
    return /** @type {Set<(detail: any) => void>} */ (listening.get(name))
  }
  let launched = false
  const app = createApp()
  /** @param {string} name of an event of the app @param {any} [detail] */
  const tellApp = (name, detail) => {
    for (const listener of [...listeners(name)]) calmly(() => listener(detail))
  }
  /** One listener that throws stops no other. @param {() => void} run */
  const calmly = (run) => {
    try {
      run()
    } catch (error) {
      host.report({ event: 'error', ...locate(error) })
    }
  }
  /** @param {unknown} error @param {object} [where] */
  const pageError = (error, where = {}) => {
    host.report({ event: 'error', ...locate(error), ...where })
    const text = String(/** @type {any} */ (error)?.stack ?? error)
    calmly(() => app.call('onError', text))
    tellApp('Error', { message: text, stack: text })
  }
  /** What a page throws while it opens: before the first one is there the program has failed. @param {unknown} error @param {string} path */
  const openingError = (error, path) => {
    if (!launched) throw error
    pageError(error, { ...locate(error, `${path}.js`), opening: true })
  }

  const launch = { path: program.app.pages[0], query: {}, scene: 1001 }
  const bars = createBars(program, () => host.device().theme)
  const screen = createScreen(program, pageError, (text) => host.report({ event: 'console', level: 'warn', text }), {
    navigate: (target) => navigate(wx, target),
    async choose(title, items) {
      const { button } = await host.ui.modal({ kind: 'actions', title, content: '', confirm: '', buttons: [...items, '取消'] })
      return items.indexOf(button)
    },
  })
  /** @type {{path: string, stage: string}} */
  const running = { path: 'app', stage: 'app.js' }
  const stack = new PageStack({
    pages: program.app.pages,
    tabs: bars.paths,
    open: (path) => {
      running.path = path
      try {
        define(path)
        return screen.open(path)
      } catch (error) {
        openingError(error, path)
        throw error
      }
    },
    failed: openingError,
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
    changeBar(change) {
      if (stack.top) bars.change(stack.top.page, change)
      showBars()
    },
    changeTab(index, change) {
      const there = bars.changeTab(index, change)
      showBars()
      return there
    },
    hideTabs(hide) {
      bars.hideTabs(hide)
      showBars()
    },
    nextTick: (callback) => own.setTimeout(callback, 0),
  }

  function showBars() {
    const top = stack.top
    if (!top) return
    host.ui.bar(bars.of(top.path, top.page, stack.pages.length > 1))
  }

  const wx = createWx(host, shell)
  stripRealm()
  const modules = createModules(program.scripts, {
    wx,
    App: app.register,
    Behavior: screen.Behavior,
    getApp: app.get,
    getCurrentPages: () => stack.pages.slice(),
    WXWebAssembly: createWXWebAssembly(host.readFile),
    console: createConsole(host),
    setTimeout: own.setTimeout,
    setInterval: own.setInterval,
    clearTimeout: own.clearTimeout,
    clearInterval: own.clearInterval,
  })

  /** @type {Set<string>} */
  const defining = new Set()
  /** Runs the file of a page or component, and of the components it uses, once. @param {string} path */
  function define(path) {
    // A component may use itself, or one that uses it.
    if (defining.has(path)) return
    defining.add(path)
    try {
      if (program.faults[path]) throw new PageFault(program.faults[path])
      for (const used of Object.values(program.configs[path].usingComponents ?? {})) define(used.slice(1))
      screen.define(path, (definitions) => {
        let isDefined = false
        const counted = (/** @type {(...given: any[]) => any} */ define) => (/** @type {any[]} */ ...given) => {
          isDefined = true
          return define(...given)
        }
        modules.load(`${path}.js`, { ...definitions, Page: counted(definitions.Page), Component: counted(definitions.Component) })
        if (!isDefined) throw new PageFault({ file: `${path}.js`, message: 'calls neither Page() nor Component()' })
      })
    } finally {
      defining.delete(path)
    }
  }

  let wasNearEnd = false
  screen.onScroll((scrollTop, isNearEnd) => {
    const { page } = stack.top ?? {}
    calmly(() => page?.onPageScroll?.({ scrollTop }))
    if (isNearEnd && !wasNearEnd) calmly(() => page?.onReachBottom?.())
    wasNearEnd = isNearEnd
  })

  const events = own.window
  events.addEventListener('error', (/** @type {any} */ event) => pageError(event.error ?? event.message))
  events.addEventListener('unhandledrejection', (/** @type {any} */ event) => rejected(event.reason))
  const rejected = (/** @type {unknown} */ reason) => {
    host.report({ event: 'error', ...locate(reason), unhandledRejection: true })
    calmly(() => app.call('onUnhandledRejection', { reason, promise: undefined }))
    tellApp('UnhandledRejection', { reason, promise: undefined })
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
  launched = true
  started = {
    hide() {
      calmly(() => stack.hideForBackground())
      calmly(() => app.call('onHide', undefined))
      tellApp('AppHide')
    },
    show() {
      calmly(() => app.call('onShow', launch))
      tellApp('AppShow', launch)
      calmly(() => stack.showTop())
    },
    back: () => calmly(() => stack.navigateBack(1)),
    switchTab(path) {
      const tab = bars.paths.indexOf(path)
      const from = stack.top
      try {
        stack.switchTab(`/${path}`, '')
      } catch {
        // Its page could not be opened, and was reported.
        return
      }
      if (stack.top) calmly(() => stack.top.page.onTabItemTap?.({ index: tab, pagePath: path, text: bars.textOf(tab) }))
      if (from === stack.top) showBars()
    },
    network(type) {
      tellApp('NetworkStatusChange', { isConnected: type !== 'none', networkType: type })
    },
    theme(theme) {
      calmly(() => app.call('onThemeChange', { theme }))
      tellApp('ThemeChange', { theme })
      showBars()
    },
    rejected,
  }
  return JSON.stringify({ ok: true })
}

/** @type {{hide(): void, show(): void, back(): void, switchTab(path: string): void, network(type: string): void, theme(theme: string): void, rejected(reason: unknown): void} | undefined} */
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
