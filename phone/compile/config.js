// @ts-check
import { ProgramError } from './errors.js'

/** @param {import('./package.js').PackageFiles} files @returns {import('./index.js').Program['app'] & {usingComponents?: Record<string, string>}} */
export function readAppConfig(files) {
  const app = files.json('app.json')
  if (!Array.isArray(app.pages) || app.pages.length === 0) {
    throw new ProgramError('app.json', undefined, 'pages must list at least one page')
  }
  for (const page of app.pages) requirePage(files, page)
  for (const tab of app.tabBar?.list ?? []) {
    if (!app.pages.includes(tab.pagePath)) {
      throw new ProgramError('app.json', undefined, `tabBar names the page ${tab.pagePath}, which pages does not list`)
    }
  }
  return /** @type {any} */ ({ ...app, window: app.window ?? {} })
}

/**
 * The JSON of every page and of every component they use, found by following usingComponents.
 * @param {import('./package.js').PackageFiles} files
 * @param {{pages: string[], usingComponents?: Record<string, string>}} app
 * @returns {Record<string, Record<string, any> & {usingComponents: Record<string, string>}>}
 */
export function readComponents(files, app) {
  /** @type {ReturnType<typeof readComponents>} */
  const configs = {}
  const waiting = [...app.pages]
  while (waiting.length > 0) {
    const path = /** @type {string} */ (waiting.pop())
    if (configs[path]) continue
    const file = `${path}.json`
    const config = files.has(file) ? files.json(file) : {}
    const used = resolveComponents(files, file, { ...app.usingComponents, ...config.usingComponents }, path)
    configs[path] = { ...config, usingComponents: used }
    waiting.push(...Object.values(used).map((absolute) => absolute.slice(1)))
  }
  return configs
}

/**
 * @param {import('./package.js').PackageFiles} files
 * @param {string} file
 * @param {Record<string, string>} named
 * @param {string} from
 */
function resolveComponents(files, file, named, from) {
  /** @type {Record<string, string>} */
  const resolved = {}
  for (const [name, target] of Object.entries(named)) {
    const path = joinPath(from, target)
    for (const extension of ['.js', '.wxml']) {
      if (!files.has(path + extension)) {
        throw new ProgramError(file, undefined, `the component "${name}" (${target}) is missing: there is no ${path}${extension}`)
      }
    }
    resolved[name] = `/${path}`
  }
  return resolved
}

/** @param {string} from a file's path @param {string} target relative to it, or absolute in the package */
export function joinPath(from, target) {
  const parts = target.startsWith('/') ? [] : from.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

/** @param {import('./package.js').PackageFiles} files @param {string} page */
function requirePage(files, page) {
  for (const extension of ['.js', '.wxml']) {
    if (!files.has(page + extension)) {
      throw new ProgramError('app.json', undefined, `lists the page ${page}, but ${page}${extension} is missing`)
    }
  }
}
