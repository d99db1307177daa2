// @ts-check
import compiler from 'glass-easel-template-compiler'
import { joinPath } from './config.js'
import { ProgramError } from './errors.js'
import { BUILT_IN_TAGS } from './tags.js'
import { checkInlineScripts, checkScript } from './wxs.js'

/** "missing end tag" and "invalid end tag": advice for this compiler, refused by WeChat's developer tools. */
const UNBALANCED = new Set([65543, 65567])

/** Tags of WXML that are no component. */
const SYNTAX = new Set(['block', 'template', 'import', 'include', 'slot', 'wxs'])

/** What a page says when it cannot be opened. @typedef {{file: string, line: number, message: string}} Fault */

/** @typedef {Record<string, {usingComponents: Record<string, string>, componentGenerics?: Record<string, any>}>} Configs of pages and components, by path without extension */

/**
 * Compiles the templates of the pages and components and everything they import, with WeChat's own compiler.
 * @param {import('./package.js').PackageFiles} files
 * @param {Configs} configs
 * @returns {{templates: string, faults: Record<string, Fault>}} a JavaScript expression; and which pages and components
 *   use what this phone does not have: they cannot be opened, the others can
 */
export function compileTemplates(files, configs) {
  // What a file that is included or imported may use is known to those that use it.
  const known = tagsOf(...Object.values(configs))
  const group = new compiler.TmplGroup()
  /** @type {Map<string, {fault: Fault | undefined, uses: string[]}>} */
  const done = new Map()
  try {
    const waiting = Object.keys(configs).map((path) => ({ path, from: '' }))
    while (waiting.length > 0) {
      const { path, from } = /** @type {{path: string, from: string}} */ (waiting.pop())
      if (done.has(path)) continue
      if (from && !files.has(`${path}.wxml`)) throw missing(files, from, path, /<(?:import|include)\b[^>]*?\bsrc\s*=\s*["']([^"']*)["']/g, '.wxml')
      addTemplate(group, files, path)
      const uses = group.getDirectDependencies(path)
      done.set(path, { fault: findFault(files, path, configs[path] ? tagsOf(configs[path]) : known), uses })
      waiting.push(...uses.map((used) => ({ path: used, from: path })))
      for (const script of group.getScriptDependencies(path)) addScript(group, files, script, path)
    }
    return { templates: group.getTmplGenObjectGroups(), faults: faultsOf(Object.keys(configs), done) }
  } finally {
    group.free()
  }
}

/** @param {Configs[string][]} configs */
function tagsOf(...configs) {
  return new Set([...BUILT_IN_TAGS, ...SYNTAX, ...configs.flatMap(({ usingComponents, componentGenerics }) => [...Object.keys(usingComponents), ...Object.keys(componentGenerics ?? {})])])
}

/** @param {import('glass-easel-template-compiler').TmplGroup} group @param {import('./package.js').PackageFiles} files @param {string} path */
function addTemplate(group, files, path) {
  const file = `${path}.wxml`
  const text = files.text(file)
  for (const finding of group.addTmpl(path, text)) {
    if (finding.isError || UNBALANCED.has(finding.code)) {
      throw new ProgramError(file, finding.startLine + 1, finding.message)
    }
  }
  checkInlineScripts(file, text)
}

/** @param {import('glass-easel-template-compiler').TmplGroup} group @param {import('./package.js').PackageFiles} files @param {string} script @param {string} from the template that names it */
function addScript(group, files, script, from) {
  const file = `${script}.wxs`
  if (!files.has(file)) throw missing(files, from, script, /<wxs\b[^>]*?\bsrc\s*=\s*["']([^"']*)["']/g, '.wxs')
  const text = files.text(file)
  checkScript(file, text)
  group.addScript(script, text)
}

/** @param {import('./package.js').PackageFiles} files @param {string} from @param {string} path @param {RegExp} naming @param {string} extension */
function missing(files, from, path, naming, extension) {
  const file = `${from}.wxml`
  const text = files.text(file)
  const found = [...text.matchAll(naming)].find(([, src]) => joinPath(from, src).replace(extension, '') === path)
  return new ProgramError(file, found && text.slice(0, found.index).split('\n').length, `names ${path}${extension}, which is missing`)
}

/**
 * A tag that is nobody's would be an empty box on the screen.
 * @param {import('./package.js').PackageFiles} files @param {string} path @param {Set<string>} known @returns {Fault | undefined}
 */
function findFault(files, path, known) {
  const file = `${path}.wxml`
  const blank = (/** @type {string} */ text) => text.replace(/[^\n]/g, ' ')
  const text = files.text(file).replace(/<!--[\s\S]*?-->|<wxs\b[^>]*>[\s\S]*?<\/wxs>|\{\{[\s\S]*?\}\}/g, blank)
  const source = text.replace(/=\s*("[^"]*"|'[^']*')/g, blank)
  for (const match of source.matchAll(/<([a-z][\w-]*)/gi)) {
    const line = source.slice(0, match.index).split('\n').length
    if (!known.has(match[1])) return { file, line, message: `<${match[1]}> is not there: no usingComponents names it, and this simulated phone has the built-in components ${BUILT_IN_TAGS.slice(1).join(', ')}` }
    const mode = match[1] === 'picker' && /^<picker\b[^>]*?\smode\s*=\s*["']([\w-]+)["']/.exec(text.slice(match.index))?.[1]
    if (mode && mode !== 'selector') return { file, line, message: `<picker mode="${mode}"> is not there: this simulated phone has the mode selector` }
  }
  return undefined
}

/**
 * A page has the faults of what it includes and imports.
 * @param {string[]} paths of pages and components @param {Map<string, {fault: Fault | undefined, uses: string[]}>} done
 */
function faultsOf(paths, done) {
  /** @type {Record<string, Fault>} */
  const faults = {}
  for (const path of paths) {
    const parts = new Set([path])
    for (const part of parts) for (const used of done.get(part)?.uses ?? []) parts.add(used)
    const fault = [...parts].map((part) => done.get(part)?.fault).find((one) => one !== undefined)
    if (fault) faults[path] = fault
  }
  return faults
}
