// @ts-check
// What page code can see. A browser's realm has hundreds of names that a phone has not; the runtime
// itself needs some of them, so they are captured first, then removed or masked for page code. Objects of
// the browser stay behind faces (face.js) and copies (border.js); a browser page adds a content security
// policy, against code that comes from text or from elsewhere.

/** The names of ECMAScript that a phone's engine has for sure, and the four timers. */
const ON_A_PHONE = new Set([
  'Object', 'Function', 'Array', 'Number', 'String', 'Boolean', 'Symbol', 'BigInt', 'Date', 'RegExp', 'Promise', 'Proxy', 'Reflect',
  'Math', 'JSON', 'Map', 'Set', 'WeakMap', 'WeakSet', 'ArrayBuffer', 'DataView',
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
  'Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'AggregateError',
  'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'NaN', 'Infinity', 'undefined',
  'encodeURI', 'encodeURIComponent', 'decodeURI', 'decodeURIComponent', 'escape', 'unescape',
  'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval',
])

/** Names of other hosts, masked although this realm may not have them. */
const ELSEWHERE = ['process', 'Buffer', 'global', 'require', 'module', 'exports', 'WebAssembly', 'Deno', 'Bun']

/** Removed from the realm itself: page code must not come by them through an object either. */
const REMOVED = ['WebAssembly', 'TextDecoder', 'TextEncoder', 'fetch', 'URL', 'URLSearchParams', 'XMLHttpRequest', 'WebSocket', 'eval']

const scope = /** @type {any} */ (globalThis)

/** Bound before page code can change what binding is. */
const native = {
  setTimeout: scope.setTimeout.bind(scope),
  setInterval: scope.setInterval.bind(scope),
  clearTimeout: scope.clearTimeout.bind(scope),
  clearInterval: scope.clearInterval.bind(scope),
}

/** What the runtime keeps for itself, taken before anything is removed. */
export const own = {
  /** @type {any} */
  window: scope,
  /** @type {any} */
  document: scope.document,
  /** Indirect, so the code runs in the global scope. @type {(code: string) => any} */
  evaluate: scope.eval,
  WebAssembly: scope.WebAssembly,
  setTimeout: timer('setTimeout'),
  setInterval: timer('setInterval'),
  clearTimeout: (/** @type {any} */ id) => void native.clearTimeout(id),
  clearInterval: (/** @type {any} */ id) => void native.clearInterval(id),
}

/** A browser calls back with its window as `this`, and takes code as text: neither is so here. @param {'setTimeout' | 'setInterval'} name */
function timer(name) {
  return (/** @type {any} */ run, /** @type {any} */ delay, /** @type {any[]} */ ...given) => {
    if (typeof run !== 'function') throw new TypeError(`${name} takes a function: a mini program cannot make code from text`)
    return native[name](() => {
      run(...given)
    }, Number(delay))
  }
}

/** Takes away what a phone does not have. */
export function stripRealm() {
  for (const name of REMOVED) delete scope[name]
  for (const maker of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    forbidCodeFromText(Object.getPrototypeOf(maker))
  }
  scope.Function = Object.getPrototypeOf(function () {}).constructor
  // V8 would hand the functions and receivers of a stack to whoever sets this.
  Object.defineProperty(Error, 'prepareStackTrace', { value: undefined })
}

/** The names that page code must find undefined, as parameters of a module's function. */
export function maskedNames() {
  const names = new Set(ELSEWHERE)
  for (let holder = scope; holder !== null; holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) names.add(name)
  }
  return [...names].filter((name) => !ON_A_PHONE.has(name) && !(name in Object.prototype) && canBeParameter(name))
}

/** @param {object} prototype of one kind of function */
function forbidCodeFromText(prototype) {
  function Function() {
    throw new EvalError('a mini program cannot make code from text: there is no eval and no new Function')
  }
  Function.prototype = prototype
  Object.defineProperty(prototype, 'constructor', { value: Function, configurable: true })
}

/** @param {string} name */
function canBeParameter(name) {
  const taken = ['eval', 'arguments', 'undefined', 'NaN', 'Infinity']
  return /^[A-Za-z_$][\w$]*$/.test(name) && !taken.includes(name)
}
