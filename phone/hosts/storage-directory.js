// @ts-check
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const KEPT = '.json'
const UNFINISHED = '.part'

/**
 * One file per key. A value is written beside its file and moved over it, so that a process killed at any
 * moment leaves either the old value or the new one.
 * @param {string} directory made when missing
 * @returns {import('../runtime/host.js').Host['storage']}
 */
export function storageDirectory(directory) {
  mkdirSync(directory, { recursive: true })
  const file = (/** @type {string} */ key) => join(directory, Buffer.from(key).toString('hex') + KEPT)
  const keys = () => readdirSync(directory).filter((name) => name.endsWith(KEPT)).map((name) => Buffer.from(name.slice(0, -KEPT.length), 'hex').toString())
  const remove = (/** @type {string} */ key) => rmSync(file(key), { force: true })
  return {
    keys,
    remove,
    get(key) {
      try {
        return readFileSync(file(key), 'utf8')
      } catch (error) {
        if (/** @type {any} */ (error).code === 'ENOENT') return null
        throw error
      }
    },
    set(key, text) {
      const part = file(key) + UNFINISHED
      const handle = openSync(part, 'w')
      writeSync(handle, text)
      fsyncSync(handle)
      closeSync(handle)
      renameSync(part, file(key))
    },
    clear() {
      for (const key of keys()) remove(key)
    },
  }
}
