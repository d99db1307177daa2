// @ts-check
import { maskedNames, own } from './realm.js'

/**
 * The mini program's own `require`: files of its package only.
 * @param {Record<string, string>} scripts sources by path
 * @param {Record<string, any>} globals what a phone offers to every module (wx, App, getApp, Behavior ...)
 */
export function createModules(scripts, globals) {
  /** @type {Map<string, {exports: any}>} */
  const loaded = new Map()
  const masked = maskedNames().filter((name) => !(name in globals))

  /**
   * Runs the file once and gives what it exports. `extra` is for a page's file: Page, Component.
   * @param {string} file
   * @param {Record<string, any>} [extra]
   */
  function load(file, extra = {}) {
    const known = loaded.get(file)
    if (known) return known.exports
    const module = { exports: {} }
    loaded.set(file, module)
    const offered = { ...noDefinitions, ...globals, ...extra, module, exports: module.exports, require: (/** @type {unknown} */ name) => requireFrom(file, name) }
    const names = [...Object.keys(offered), ...masked.filter((name) => !(name in offered))]
    // On one line before the source, so that line numbers are the file's own. A function inside the one
    // that masks, so that a module may declare a masked name itself, `const history` say.
    const inside = own.evaluate(`(function(${names.join(',')}){return function(){"use strict";${scripts[file]}\n}})\n//# sourceURL=mini:///${file}`)
    try {
      inside(...Object.values(offered))()
    } catch (error) {
      loaded.delete(file)
      throw error
    }
    return module.exports
  }

  /** @param {string} from @param {unknown} name */
  function requireFrom(from, name) {
    if (typeof name !== 'string' || name === '') throw new TypeError(`${from}: require takes a path`)
    const tried = candidates(from, name)
    const file = tried.find((path) => path in scripts)
    if (!file) throw new Error(`${from}: cannot find the module "${name}" (tried ${tried.join(', ')})`)
    return load(file)
  }

  return { load, has: (/** @type {string} */ file) => file in scripts }
}

const noDefinitions = Object.fromEntries(
  ['Page', 'Component'].map((name) => [name, () => {
    throw new Error(`${name}() belongs into the file of a page or a component`)
  }]),
)

/**
 * Where `name` may lie: relative to the file, or an npm package in a miniprogram_npm on the way up.
 * @param {string} from
 * @param {string} name
 */
function candidates(from, name) {
  const folder = from.split('/').slice(0, -1)
  const places = [join(name.startsWith('/') ? [] : folder, name)]
  if (!/^\.{0,2}\//.test(name)) {
    for (let depth = folder.length; depth >= 0; depth -= 1) places.push(join([...folder.slice(0, depth), 'miniprogram_npm'], name))
  }
  return places.flatMap((place) => [place, `${place}.js`, `${place}/index.js`])
}

/** @param {string[]} folder @param {string} name */
function join(folder, name) {
  const parts = [...folder]
  for (const part of name.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}
