// @ts-check
import { readComponents, readAppConfig } from './config.js'
import { compileScripts } from './scripts.js'
import { compileStyle } from './wxss.js'
import { compileTemplates } from './wxml.js'
import { openPackage } from './package.js'

/**
 * A compiled mini program: plain data, so that it can cross into any realm as JSON.
 * @typedef {object} Program
 * @property {{pages: string[], window: Record<string, any>, darkmode?: boolean, themeLocation?: string, tabBar?: Record<string, any>, networkTimeout?: {request?: number}}} app
 * @property {string} appid of project.config.json
 * @property {Record<string, Record<string, any>>} configs JSON of each page and component, by path without extension
 * @property {string} templates a JavaScript expression: template groups by path
 * @property {Record<string, import('./wxml.js').Fault>} faults pages and components that cannot be opened, by path without extension
 * @property {Record<string, string>} styles CSS by path without extension; `app` is the program's own
 * @property {Record<string, Record<string, string>>} theme colours of theme.json, by light and dark
 * @property {Record<string, string>} scripts CommonJS sources by path with extension
 */

/**
 * Reads and compiles the mini program in `directory`.
 * @param {string} directory
 * @returns {Program}
 * @throws {import('./errors.js').ProgramError} naming the file and line that is wrong
 */
export function compileProgram(directory) {
  const files = openPackage(directory)
  const app = readAppConfig(files)
  const configs = readComponents(files, app)
  const paths = Object.keys(configs)
  const project = files.has('project.config.json') ? files.json('project.config.json') : {}
  return {
    app,
    theme: app.themeLocation ? files.json(app.themeLocation) : {},
    appid: typeof project.appid === 'string' ? project.appid : 'touristappid',
    configs,
    ...compileTemplates(files, configs),
    styles: compileStyles(files, paths, configs),
    scripts: compileScripts(files, ['app', ...paths]),
  }
}

/**
 * @param {import('./package.js').PackageFiles} files
 * @param {string[]} paths
 * @param {Record<string, Record<string, any>>} configs
 */
function compileStyles(files, paths, configs) {
  /** @type {Record<string, string>} */
  const styles = {}
  if (files.has('app.wxss')) styles.app = compileStyle(files, 'app.wxss', { kind: 'app' })
  for (const path of paths) {
    const file = `${path}.wxss`
    if (!files.has(file)) continue
    const scope = configs[path].component
      ? { kind: /** @type {const} */ ('component'), prefix: styleScope(path) }
      : { kind: /** @type {const} */ ('page'), page: path }
    styles[path] = compileStyle(files, file, scope)
  }
  return styles
}

/**
 * The prefix of an isolated component's classes.
 * @param {string} path
 */
export function styleScope(path) {
  return path.replace(/[^A-Za-z0-9]/g, '-')
}
