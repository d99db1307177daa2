// @ts-check
// Nothing secret is shown or saved: whoever reads a timeline could log in, pay or be someone else with it.

/** Names whose values are kept back, wherever they stand. */
const SECRET = /^(paySign|nonceStr|package|prepay_?id|token|credential|code|session_?key|openid|userOpenId|authorization|cookie)$/i

/** @type {[RegExp, string][]} */
const PATTERNS = [
  [/prepay_id=[\w.%-]+/g, 'prepay_id=***'],
  [/\bwx\d{10,}[0-9a-z]{12,}\b/g, 'wx***'],
  [/\bs1\.[\w-]{16,}(\.[\w-]+)*/g, 's1.***'],
  [/\bo[A-Za-z0-9_-]{27}(?![\w-])/g, 'o***'],
  [/(["']?(?:paySign|nonceStr|token|credential|openid|userOpenId|session_key)["']?\s*[:=]\s*["']?)[^"'\s,;}&]+/gi, '$1***'],
  // Signatures and other keys; a path has slashes and no padding.
  [/[A-Za-z0-9+/]{64,}={1,2}|[A-Za-z0-9+_-]{64,}/g, '***'],
]

/** @template T @param {T} value text, or anything JSON can say @returns {T} a copy without secrets */
export function masked(value) {
  return /** @type {T} */ (mask(value))
}

/** @param {any} value @returns {any} */
function mask(value) {
  if (typeof value === 'string') return PATTERNS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), value)
  if (Array.isArray(value)) return value.map(mask)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, SECRET.test(name) && typeof inner === 'string' ? '***' : mask(inner)]))
}
