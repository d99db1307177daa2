// @ts-check
// What page code can see. A browser's realm has hundreds of names that a phone has not; the runtime
// itself needs some of them, so they are captured first, then removed or masked for page code.
// This keeps honest code honest; it is no sandbox against hostile code.

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

/** What the runtime keeps for itself, taken before anything is removed. */
export const own = {
  /** Indirect, so the code runs in the global scope. @type {(code: string) => any} */
  evaluate: scope.eval,
  WebAssembly: scope.WebAssembly,
  setTimeout: scope.setTimeout.bind(scope),
  clearTimeout: scope.clearTimeout.bind(scope),
}

/** Takes away what a phone does not have. */
export function stripRealm() {
  for (const name of REMOVED) delete scope[name]
  for (const maker of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    forbidCodeFromText(Object.getPrototypeOf(maker))
  }
  scope.Function = Object.getPrototypeOf(function () {}).constructor
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
