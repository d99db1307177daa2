// @ts-check
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join, normalize, resolve, sep } from 'node:path'
import { transformSync } from 'esbuild'
import { ProgramError } from './errors.js'

/** The files of one mini program, by path inside it; nothing outside it can be read. */
export class PackageFiles {
  #root
  /** @param {string} root */
  constructor(root) {
    this.#root = root
  }

  /** @param {string} path */
  has(path) {
    const full = this.#inside(path)
    return existsSync(full) && statSync(full).isFile()
  }

  /** @param {string} path @returns {string} */
  text(path) {
    return this.bytes(path).toString('utf8')
  }

  /** @param {string} path @returns {Buffer} */
  bytes(path) {
    if (!this.has(path)) throw new ProgramError(path, undefined, 'the file is missing')
    return readFileSync(this.#inside(path))
  }

  /** @param {string} path @returns {Record<string, any>} */
  json(path) {
    const text = this.text(path)
    let value
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new ProgramError(path, lineOfJsonError(text), `not JSON: ${/** @type {Error} */ (error).message}`)
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new ProgramError(path, 1, 'a JSON object is expected')
    }
    return value
  }

  /** Every file that ends in one of `extensions`, sorted. @param {string[]} extensions */
  list(extensions) {
    return readdirSync(this.#root, { recursive: true, encoding: 'utf8' })
      .map((path) => path.split(sep).join('/'))
      .filter((path) => !path.split('/').includes('node_modules'))
      .filter((path) => extensions.some((extension) => path.endsWith(extension)))
      .filter((path) => this.has(path))
      .sort()
  }

  /** @param {string} path */
  #inside(path) {
    const full = resolve(this.#root, normalize(path.replace(/^\/+/, '')))
    if (!full.startsWith(this.#root + sep)) throw new ProgramError(path, undefined, 'leads out of the mini program')
    return full
  }
}

/** @param {string} directory */
export function openPackage(directory) {
  const root = resolve(directory)
  if (!existsSync(join(root, 'app.json'))) {
    throw new ProgramError('app.json', undefined, `${root} is no mini program: it has no app.json`)
  }
  return new PackageFiles(root)
}

/** JSON.parse does not say where; esbuild does. @param {string} text */
function lineOfJsonError(text) {
  try {
    transformSync(text, { loader: 'json', logLevel: 'silent' })
    return undefined
  } catch (error) {
    return /** @type {import('esbuild').TransformFailure} */ (error).errors?.[0]?.location?.line
  }
}
