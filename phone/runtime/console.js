// @ts-check
/**
 * The page's console writes into the phone's timeline, not into the realm's own.
 * @param {import('./host.js').Host} host
 */
export function createConsole(host) {
  /** @param {string} level */
  const at = (level) => (/** @type {any[]} */ ...values) => host.report({ event: 'console', level, text: values.map(show).join(' ') })
  return { log: at('log'), info: at('info'), debug: at('debug'), warn: at('warn'), error: at('error'), group() {}, groupEnd() {}, time() {}, timeEnd() {} }
}

/** @param {any} value */
function show(value) {
  if (typeof value === 'string') return value
  if (value instanceof Error) return String(value.stack ?? value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
