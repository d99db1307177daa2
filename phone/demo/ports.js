// @ts-check
import { createServer } from 'node:net'
import { UsageError } from './usage.js'

/** @param {number} port 0: any @returns {Promise<number>} the port, free a moment ago */
export function freePort(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(new UsageError(`port ${port} cannot be used (${/** @type {any} */ (error).code}); stop what listens there, or choose another with --port`)))
    probe.listen(port, '127.0.0.1', () => {
      const { port: taken } = /** @type {import('node:net').AddressInfo} */ (probe.address())
      probe.close(() => resolve(taken))
    })
  })
}
