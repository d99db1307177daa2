// @ts-check
import { own } from './realm.js'

/**
 * WXWebAssembly as a phone offers it: a path inside the package, never bytes or an address.
 * @param {(path: string) => Promise<Uint8Array>} readFile rejects when the package has no such file
 */
export function createWXWebAssembly(readFile) {
  return {
    async instantiate(/** @type {unknown} */ path, /** @type {WebAssembly.Imports} */ imports) {
      if (typeof path !== 'string') throw new TypeError('WXWebAssembly.instantiate takes a path inside the package, as a string')
      if (!/\.wasm(\.br)?$/.test(path)) throw new TypeError(`WXWebAssembly.instantiate: ${path} ends neither in .wasm nor in .wasm.br`)
      if (/^[a-z][a-z0-9+.-]*:/i.test(path)) throw new TypeError(`WXWebAssembly.instantiate: ${path} is not in the package`)
      const foreign = await readFile(path.replace(/^\/+/, ''))
      // A copy in this realm: the engine refuses nothing else, but page code must not hold a host's object.
      const bytes = new Uint8Array(foreign.length)
      bytes.set(foreign)
      return own.WebAssembly.instantiate(bytes, imports)
    },
  }
}
