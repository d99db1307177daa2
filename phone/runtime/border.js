// @ts-check
/**
 * The host's functions, so that none of the host's objects reaches page code and no function of page code
 * is called with one: what comes in is copied into this realm, what goes out is copied into the host's,
 * and what the host throws is told in words. An object of another realm would lead to that realm's window.
 * @param {import('./host.js').Host} host
 * @returns {import('./host.js').Host}
 */
export function guard(host) {
  /** Made by the host's own JSON.parse. @param {any} value @returns {any} */
  const out = (value) => host.copy(JSON.stringify(value))
  const { storage, ui } = host
  return {
    copy: (text) => JSON.parse(text),
    login: () => later(async () => `${await host.login()}`),
    openSheet: (params) => later(async () => `${await host.openSheet(out(params))}`),
    request(plan) {
      const started = host.request(out(plan))
      return { answer: later(async () => `${await started.answer}`), abort: () => void started.abort() }
    },
    storage: {
      get: (key) => now(() => text(storage.get(`${key}`))),
      set: (key, value) => now(() => void storage.set(`${key}`, `${value}`)),
      remove: (key) => now(() => void storage.remove(`${key}`)),
      clear: () => now(() => void storage.clear()),
      keys: () => now(() => texts(storage.keys())),
    },
    randomBytes: (length) => now(() => bytes(host.randomBytes(length))),
    readFile: (path) => later(async () => bytes(await host.readFile(`${path}`))),
    device: () => now(() => {
      const { width, height, pixelRatio, language, theme } = host.device()
      return { width, height, pixelRatio, language: `${language}`, theme: `${theme}` }
    }),
    network: () => /** @type {import('./host.js').NetworkType} */ (`${host.network()}`),
    report: (event) => void host.report(out(event)),
    vibrate: () => void host.vibrate(),
    clipboard: {
      write: (value) => later(async () => void (await host.clipboard.write(`${value}`))),
      read: () => later(async () => `${await host.clipboard.read()}`),
    },
    ui: {
      bar: (bar) => void ui.bar(out(bar)),
      toast: (toast) => void ui.toast(out(toast)),
      modal: (modal) => later(async () => {
        const { button, text: typed } = await ui.modal(out(modal))
        return { button: `${button}`, text: `${typed ?? ''}` }
      }),
    },
  }
}

/** @template T @param {() => T} run @returns {T} */
function now(run) {
  try {
    return run()
  } catch (error) {
    throw told(error)
  }
}

/** @template T @param {() => Promise<T>} run @returns {Promise<T>} */
async function later(run) {
  try {
    return await run()
  } catch (error) {
    throw told(error)
  }
}

/** @param {any} error of any realm @returns {Error} of this one */
function told(error) {
  return new Error(`${error?.message ?? error}`)
}

/** @param {any} value @returns {string | null} */
function text(value) {
  return value === null || value === undefined ? null : `${value}`
}

/** @param {ArrayLike<string>} foreign @returns {string[]} */
function texts(foreign) {
  const copied = []
  for (let at = 0; at < foreign.length; at += 1) copied[at] = `${foreign[at]}`
  return copied
}

/** @param {ArrayLike<number>} foreign @returns {Uint8Array} */
function bytes(foreign) {
  const copied = new Uint8Array(foreign.length)
  for (let at = 0; at < foreign.length; at += 1) copied[at] = foreign[at]
  return copied
}
