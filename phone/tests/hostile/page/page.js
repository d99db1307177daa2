// Page code that looks for a way out: whatever can be reached from what a page is given.
const isForeign = value => {
  const tag = Object.prototype.toString.call(value)
  if (/Window|HTML|Document|Event\]|Node|Element|Navigator|Location|Storage|XMLHttp|CSSStyle|Global/.test(tag)) return tag
  try { if (typeof value === 'function' && /^function (fetch|open|postMessage|XMLHttpRequest|setTimeout|setInterval)\(\) \{\s*\[native/.test(Function.prototype.toString.call(value))) return 'native ' + value.name } catch (_) {}
  return undefined
}
// Objects of another realm have another realm's Function behind them.
const codeFrom = value => {
  try {
    const made = value.constructor && value.constructor.constructor
    return typeof made === 'function' ? made('return typeof window')() : undefined
  } catch (error) { return error instanceof EvalError ? undefined : undefined }
}

function walk(roots) {
  const found = []
  const seen = new Set()
  const queue = roots.map(([name, value]) => [name, value, 0])
  while (queue.length > 0 && seen.size < 60000) {
    const [path, value, depth] = queue.shift()
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue
    seen.add(value)
    const foreign = isForeign(value)
    if (foreign) { found.push(path + ' is ' + foreign); continue }
    if (codeFrom(value) !== undefined) { found.push(path + ' makes code'); continue }
    if (depth > 9) continue
    let keys = []
    try { keys = Reflect.ownKeys(value) } catch (_) {}
    for (const key of keys) {
      let inner
      try { inner = value[key] } catch (_) { continue }
      queue.push([path + '.' + String(key), inner, depth + 1])
    }
    try { queue.push([path + '.__proto__', Object.getPrototypeOf(value), depth + 1]) } catch (_) {}
    // Getters of what the framework holds of an element, and what its plain questions answer.
    for (const name of ['getBackendElement', 'getBackendContext', 'getShadowRoot', 'getHostNode', 'getMethodCaller', 'createSelectorQuery', 'getRootBehavior']) {
      try { if (typeof value[name] === 'function') queue.push([path + '.' + name + '()', value[name](), depth + 1]) } catch (_) {}
    }
  }
  return [found, seen.size]
}

const caught = []
const attempt = (name, run) => {
  try { const value = run(); if (value !== undefined) caught.push([name, value]) } catch (error) { caught.push([name + ' error', error]) }
}
const later = []

// Whatever the phone's own code hands to a built-in is seen by whoever replaced it.
const spied = []
for (const [holder, name] of [[Function.prototype, 'call'], [Function.prototype, 'apply'], [Function.prototype, 'bind'], [Array.prototype, 'push'], [Array.prototype, 'map'], [Map.prototype, 'set'], [Map.prototype, 'get'], [WeakMap.prototype, 'get'], [WeakMap.prototype, 'set'], [WeakMap.prototype, 'has'], [Object, 'keys'], [Object, 'assign'], [Object, 'entries'], [Promise.prototype, 'then'], [JSON, 'parse']]) {
  const real = holder[name]
  const { apply } = Reflect
  holder[name] = function (...given) {
    if (spied.length < 4000) { spied[spied.length] = this; for (let at = 0; at < given.length; at += 1) spied[spied.length] = given[at] }
    return apply(real, this, given)
  }
}

attempt('Function', () => Function('return this')())
attempt('arrow constructor', () => (() => {}).constructor('return this')())
attempt('async constructor', () => (async () => {}).constructor('return this')())
attempt('generator constructor', () => Object.getPrototypeOf(function* () {}).constructor('return this')())
attempt('Reflect.construct', () => Reflect.construct((() => {}).constructor, ['return this'])())
attempt('this', () => (function () { return this })())
attempt('indirect this', () => (0, function () { return this })())
attempt('setTimeout of text', () => setTimeout('globalThis.leak = window', 0) && undefined)
attempt('setInterval of text', () => setInterval('globalThis.leak = window', 0) && undefined)
attempt('prepareStackTrace', () => { Error.prepareStackTrace = (_, frames) => frames; const { stack } = new Error('x'); return typeof stack === 'string' ? undefined : stack.map(frame => [frame.getThis && frame.getThis(), frame.getFunction && frame.getFunction()]) })
attempt('caller', () => (function f() { return f.caller })())
for (const name of ['parent', 'top', 'self', 'frames', 'window', 'document', 'globalThis', 'fetch', 'localStorage', 'opener', 'navigator', 'location', 'frameElement', 'XMLHttpRequest', 'WebSocket', 'importScripts', 'eval', 'indexedDB', 'crypto', 'history', 'open', 'postMessage', 'requestAnimationFrame', 'MutationObserver', 'Image', 'event']) {
  attempt(name, () => wx.probe && undefined)
}
attempt('names', () => { const seen = [typeof parent, typeof top, typeof self, typeof frames, typeof window, typeof document, typeof globalThis, typeof fetch, typeof localStorage, typeof opener, typeof navigator, typeof location, typeof frameElement, typeof XMLHttpRequest, typeof WebSocket, typeof indexedDB, typeof crypto, typeof history, typeof postMessage, typeof requestAnimationFrame, typeof MutationObserver, typeof Image, typeof event, typeof eval]; return seen.some(type => type !== 'undefined') ? { window: seen } : undefined })
setTimeout(function () { later.push(['timer this', this]) }, 0)
setInterval(function () { later.push(['interval this', this]) }, 5)
wx.nextTick(function () { later.push(['nextTick this', this]) })
Promise.resolve().then(function () { later.push(['promise this', this]) })
wx.onNetworkStatusChange(function () { later.push(['network this', this], ['network', [...arguments]]) })
wx.login({ success(given) { later.push(['login', given], ['login this', this]) } })
wx.request({ url: 'https://nowhere.example.com', fail(given) { later.push(['request', given], ['request this', this]) } })
WXWebAssembly.instantiate('/gone.wasm', {}).catch(error => later.push(['wasm', error]))
import('data:text/javascript,export default globalThis').then(module => later.push(['import', module]), error => later.push(['import error', error]))

Page({
  data: { found: [] },
  onLoad() { const { frame } = this; attempt('storage', () => [wx.getStorageInfoSync(), wx.getSystemInfoSync(), wx.getLaunchOptionsSync(), frame]) },
  touched(event) { later.push(['touch', event]) },
  typed(event) { later.push(['input', event]) },
  failed(event) { later.push(['image', event]) },
  dig(event) {
    later.push(['tap', event], ['tap this', this])
    const face = this._$ && this._$.getBackendElement && this._$.getBackendElement()
    attempt('face', () => { face.setAttribute('onclick', 'globalThis.leak = 1'); face.innerHTML = '<img src=x onerror="leak=1">'; return face.ownerDocument })
    attempt('script', () => { const made = this._$.getBackendContext().document.createElement('script'); made.textContent = 'globalThis.leak = window'; face.appendChild(made) })
    setTimeout(() => {
      const [found, size] = walk([['page', this], ['wx', wx], ['app', getApp()], ['pages', getCurrentPages()], ['console', console], ['require', require], ['module', module], ['wasm', WXWebAssembly], ['definitions', [Page, Component, Behavior, App]], ['caught', caught], ['later', later], ['spied', spied]])
      this.setData({ found: ['walked ' + (size > 500 ? 'far' : size)].concat(found.length > 0 ? found.slice(0, 30) : ['nothing']) })
    }, 60)
  },
})
