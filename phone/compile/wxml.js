// @ts-check
import compiler from 'glass-easel-template-compiler'
import { ProgramError } from './errors.js'

/** "missing end tag" and "invalid end tag": advice for this compiler, refused by WeChat's developer tools. */
const UNBALANCED = new Set([65543, 65567])

/**
 * Compiles the templates of `paths` and everything they import, with WeChat's own compiler.
 * @param {import('./package.js').PackageFiles} files
 * @param {string[]} paths without extension
 * @returns {string} a JavaScript expression
 */
export function compileTemplates(files, paths) {
  const group = new compiler.TmplGroup()
  try {
    const done = new Set()
    const waiting = [...paths]
    while (waiting.length > 0) {
      const path = /** @type {string} */ (waiting.pop())
      if (done.has(path)) continue
      done.add(path)
      addTemplate(group, files, path)
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
