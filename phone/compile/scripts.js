// @ts-check
import { transformSync } from 'esbuild'
import { ProgramError } from './errors.js'

const MODULE_SYNTAX = /^\s*(import\s*["'{*\w]|export\s+[\w{*])/m

/**
 * Every script of the package, so that `require` finds at run time what a real package would hold.
 * @param {import('./package.js').PackageFiles} files
 * @param {string[]} paths of app, pages and components; their scripts must be there
 */
export function compileScripts(files, paths) {
  /** @type {Record<string, string>} */
  const scripts = {}
  for (const file of files.list(['.js'])) scripts[file] = compileScript(files.text(file), file)
  for (const path of paths) {
    if (!(`${path}.js` in scripts)) throw new ProgramError(`${path}.js`, undefined, 'the file is missing')
  }
  return scripts
}

/**
 * CommonJS is kept as written, so that line numbers stay true; import and export are turned into it.
 * @param {string} source
 * @param {string} file
 */
function compileScript(source, file) {
  try {
    const asCommonJs = transformSync(source, { loader: 'js', format: 'cjs', target: 'es2020', sourcefile: file, logLevel: 'silent' })
    return MODULE_SYNTAX.test(source) ? asCommonJs.code : source
  } catch (error) {
    const first = /** @type {import('esbuild').TransformFailure} */ (error).errors?.[0]
    throw new ProgramError(file, first?.location?.line, first?.text ?? String(error))
  }
}
