// @ts-check
import compiler from 'glass-easel-template-compiler'
import { ProgramError } from './errors.js'
import { BUILT_IN_TAGS } from './tags.js'

/** "missing end tag" and "invalid end tag": advice for this compiler, refused by WeChat's developer tools. */
const UNBALANCED = new Set([65543, 65567])

/** Tags of WXML that are no component. */
const SYNTAX = new Set(['block', 'template', 'import', 'include', 'slot', 'wxs'])

/**
 * Compiles the templates of `paths` and everything they import, with WeChat's own compiler.
 * @param {import('./package.js').PackageFiles} files
 * @param {Record<string, {usingComponents: Record<string, string>, componentGenerics?: Record<string, any>}>} configs of pages and components, by path without extension
 * @returns {string} a JavaScript expression
 */
export function compileTemplates(files, configs) {
  // What a file that is included or imported may use is known to those that use it.
  const known = new Set([...BUILT_IN_TAGS, ...SYNTAX, ...Object.values(configs).flatMap(({ usingComponents, componentGenerics }) => [...Object.keys(usingComponents), ...Object.keys(componentGenerics ?? {})])])
  const group = new compiler.TmplGroup()
  try {
    const done = new Set()
    const waiting = Object.keys(configs)
    while (waiting.length > 0) {
      const path = /** @type {string} */ (waiting.pop())
      if (done.has(path)) continue
      done.add(path)
      addTemplate(group, files, path)
      const { usingComponents, componentGenerics } = configs[path] ?? {}
      checkTags(files, path, configs[path] ? new Set([...BUILT_IN_TAGS, ...SYNTAX, ...Object.keys(usingComponents), ...Object.keys(componentGenerics ?? {})]) : known)
      waiting.push(...group.getDirectDependencies(path))
      for (const script of group.getScriptDependencies(path)) group.addScript(script, files.text(`${script}.wxs`))
    }
    return group.getTmplGenObjectGroups()
  } finally {
    group.free()
  }
}

/** @param {import('glass-easel-template-compiler').TmplGroup} group @param {import('./package.js').PackageFiles} files @param {string} path */
function addTemplate(group, files, path) {
  const file = `${path}.wxml`
  for (const finding of group.addTmpl(path, files.text(file))) {
    if (finding.isError || UNBALANCED.has(finding.code)) {
      throw new ProgramError(file, finding.startLine + 1, finding.message)
    }
  }
}

/** A tag that is nobody's would be an empty box on the screen. @param {import('./package.js').PackageFiles} files @param {string} path @param {Set<string>} known */
function checkTags(files, path, known) {
  const file = `${path}.wxml`
  const blank = (/** @type {string} */ text) => text.replace(/[^\n]/g, ' ')
  const source = files.text(file).replace(/<!--[\s\S]*?-->|<wxs\b[^>]*>[\s\S]*?<\/wxs>|\{\{[\s\S]*?\}\}/g, blank)
    .replace(/=\s*("[^"]*"|'[^']*')/g, blank)
  for (const match of source.matchAll(/<([a-z][\w-]*)/gi)) {
    if (known.has(match[1])) continue
    const line = source.slice(0, match.index).split('\n').length
    throw new ProgramError(file, line, `<${match[1]}> is not there: no usingComponents names it, and this simulated phone has the built-in components ${BUILT_IN_TAGS.slice(1).join(', ')}`)
  }
}
