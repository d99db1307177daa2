// @ts-check
import postcss from 'postcss'
import selectorParser from 'postcss-selector-parser'
import { joinPath } from './config.js'
import { ProgramError } from './errors.js'
import { replaceRpx } from './rpx.js'
import { BUILT_IN_TAGS, tagOf } from './tags.js'

/**
 * Whose style sheet it is. A page's rules stay on that page, as each page is a web view of its own on a
 * phone; a component's classes get the component's prefix.
 * @typedef {{kind: 'app'} | {kind: 'page', page: string} | {kind: 'component', prefix: string}} StyleOwner
 */

/**
 * @param {import('./package.js').PackageFiles} files
 * @param {string} file
 * @param {StyleOwner} owner
 * @returns {string} CSS
 */
export function compileStyle(files, file, owner) {
  const root = readStyle(files, file, [])
  root.walkRules((rule) => {
    if (rule.parent?.type === 'atrule' && /keyframes$/.test(/** @type {import('postcss').AtRule} */ (rule.parent).name)) return
    rule.selector = rewriteSelector(rule.selector, owner, file, rule.source?.start?.line)
    if (owner.kind === 'page') rule.selectors = rule.selectors.map((one) => `[data-page="${owner.page}"] ${one}`)
  })
  return replaceRpx(root.toString())
}

/**
 * @param {import('./package.js').PackageFiles} files
 * @param {string} file
 * @param {string[]} from the files that import it
 * @returns {import('postcss').Root}
 */
function readStyle(files, file, from) {
  if (from.includes(file)) throw new ProgramError(file, undefined, `@import in a circle: ${[...from, file].join(' -> ')}`)
  const root = parse(files.text(file), file)
  root.walkAtRules('import', (rule) => {
    const target = /^["']([^"']+)["']$/.exec(rule.params.trim())?.[1]
    if (!target) throw new ProgramError(file, rule.source?.start?.line, '@import takes a quoted path')
    const path = joinPath(file, target)
    if (!files.has(path)) throw new ProgramError(file, rule.source?.start?.line, `@import of ${path}, which is missing`)
    rule.replaceWith(readStyle(files, path, [...from, file]).nodes)
  })
  return root
}

/** @param {string} css @param {string} file */
function parse(css, file) {
  try {
    return postcss.parse(css)
  } catch (error) {
    if (error instanceof postcss.CssSyntaxError) throw new ProgramError(file, error.line, error.reason)
    throw error
  }
}

/** @param {string} selector @param {StyleOwner} owner @param {string} file @param {number | undefined} line */
function rewriteSelector(selector, owner, file, line) {
  try {
    return selectorParser((list) => {
      list.walkTags((tag) => {
        if (BUILT_IN_TAGS.includes(tag.value)) tag.value = tagOf(tag.value)
      })
      if (owner.kind === 'component') list.walkClasses((name) => {
        name.value = `${owner.prefix}--${name.value}`
      })
    }).processSync(selector)
  } catch (error) {
    throw new ProgramError(file, line, `bad selector "${selector}": ${/** @type {Error} */ (error).message}`)
  }
}
