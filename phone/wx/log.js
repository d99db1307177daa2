// @ts-check
/**
 * What a mini program writes into WeChat's real-time log reaches the phone's timeline.
 * @param {import('../runtime/host.js').Host} host
 */
export function logApi(host) {
  /** @param {string} level */
  const at = (level) => (/** @type {any[]} */ ...values) => host.report({ event: 'log', level, values: JSON.parse(JSON.stringify(values)) })
  return {
    getRealtimeLogManager: () => ({ info: at('info'), warn: at('warn'), error: at('error'), setFilterMsg() {}, addFilterMsg() {} }),
  }
}
