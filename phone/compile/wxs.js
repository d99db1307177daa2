// @ts-check
import { transformSync } from 'esbuild'
import { ProgramError } from './errors.js'

const COMMENT = /<!--[\s\S]*?-->/g
const INLINE = /<wxs\b[^>]*?(?<!\/)>([\s\S]*?)<\/wxs\s*>/g

/**
 * The scripts inside a template. WeChat's compiler takes them as they are, and one that does not parse would
 * spoil the templates of every page.
 * @param {string} file @param {string} wxml
 */
export function checkInlineScripts(file, wxml) {
  const source = wxml.replace(COMMENT, (comment) => comment.replace(/[^\n]/g, ' '))
  for (const match of source.matchAll(INLINE)) {
    const before = source.slice(0, match.index + match[0].indexOf('>') + 1)
    checkScript(file, match[1], before.split('\n').length)
  }
}

/** @param {string} file @param {string} source @param {number} [firstLine] where it begins in the file */
export function checkScript(file, source, firstLine = 1) {
  // What a module of WXS is: the body of a function, without import and export.
  const wrapped = `(function(){${source}\n})`
  try {
    transformSync(wrapped, { loader: 'js', logLevel: 'silent' })
  } catch (error) {
    const first = /** @type {import('esbuild').TransformFailure} */ (error).errors?.[0]
    const line = Math.min(first?.location?.line ?? 1, source.split('\n').length)
    throw new ProgramError(file, firstLine + line - 1, `WXS: ${first?.text ?? String(error)}`)
  }
}
