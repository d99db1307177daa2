// @ts-check
/** App() and getApp(): one per mini program. */
export function createApp() {
  /** @type {any} */
  let app = {}
  let registered = false
  return {
    /** @param {any} options */
    register(options) {
      if (registered) throw new Error('App() was called twice')
      registered = true
      app = options ?? {}
    },
    get: () => app,
    /** @param {any} launch */
    launch(launch) {
      if (!registered) throw new Error('app.js does not call App()')
      app.onLaunch?.(launch)
      app.onShow?.(launch)
    },
    /** @param {string} name @param {any} detail */
    call(name, detail) {
      app[name]?.(detail)
    },
  }
}
