// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { WeChat } from '../hosts/wechat.js'
import { freePort } from './ports.js'
import { UsageError } from './usage.js'

/** Where the mini program believes its server to be. */
export const PUBLIC_ORIGIN = 'https://pay.example.com'

/**
 * A running sandbox and server with their files.
 * @typedef {object} House
 * @property {string} id another one for another set of books: what a phone stored belongs to one of them
 * @property {string} directory
 * @property {string} sandbox address
 * @property {string} server address
 * @property {string | undefined} operator the operator's page, if the folder has a token for it
 * @property {string} openid of the payer
 * @property {WeChat} wechat
 * @property {string[]} route for the phone
 */

/**
 * Starts the sandbox and the server, each knowing the other.
 * @param {import('./processes.js').Processes} processes
 * @param {object} options
 * @param {string} options.binDir
 * @param {string} options.directory
 * @param {number} options.serverPort
 * @param {number} options.sandboxPort 0: any
 * @param {number} [options.operatorPort] any, if it is left out
 * @returns {Promise<House>}
 */
export async function startHouse(processes, { binDir, directory, serverPort, sandboxPort, operatorPort }) {
  const program = (/** @type {string} */ name) => {
    const file = join(resolve(binDir), name)
    if (!existsSync(file)) throw new UsageError(`${file} is missing; build it with ./build.sh demo, or name its folder with --bin-dir`)
    return file
  }
  const [sandboxProgram, serverProgram] = [program('wx-checkout-sandbox'), program('wx-checkout-server')]
  const serverAddress = `http://127.0.0.1:${serverPort}`
  const sandbox = await processes.startServer('the sandbox', sandboxProgram, ['serve', '--dir', directory, '--port', String(sandboxPort), '--deliver', `${PUBLIC_ORIGIN}=${serverAddress}`])
  const config = join(directory, 'server.toml')
  const operatorAddress = `127.0.0.1:${operatorPort ?? (await freePort(0))}`
  // A folder that was kept from before there was an operator's port has none.
  const operated = /^\[admin\]/m.test(readFileSync(config, 'utf8'))
  const server = await processes.startServer('the server', serverProgram, ['serve', '--config', config, '--listen', `127.0.0.1:${serverPort}`, ...(operated ? ['--admin-listen', operatorAddress] : [])])
  const operator = operated ? `http://${operatorAddress}/admin/` : undefined
  const { users } = JSON.parse(readFileSync(join(directory, 'sandbox.json'), 'utf8'))
  const openid = users[0].openid
  return { id: identify(directory), directory, sandbox, server, operator, openid, wechat: new WeChat(sandbox, openid), route: ['--route', `${PUBLIC_ORIGIN}=${server}`] }
}

/** The folder and when its sandbox was made: the same again with --keep, new when the folder was emptied. @param {string} directory */
export function identify(directory) {
  const { birthtimeMs, ino } = statSync(join(directory, 'merchant_key.pem'), { throwIfNoEntry: false }) ?? statSync(directory)
  return createHash('sha256').update(`${directory} ${birthtimeMs} ${ino}`).digest('hex').slice(0, 16)
}

/**
 * The demo's folder: a new one that is removed at the end, or the one the user wants to keep.
 * @param {string | undefined} keep
 * @returns {{path: string, remove: () => void}}
 */
export function openFolder(keep) {
  if (keep === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'wx-checkout-demo-'))
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
  }
  try {
    // Not recursively: where a parent can never be made, Node tries for ever.
    if (!existsSync(keep)) mkdirSync(keep)
  } catch (error) {
    throw new UsageError(`--keep ${keep} cannot be made (${/** @type {Error} */ (error).message}); name a folder that can be written`)
  }
  return { path: resolve(keep), remove() {} }
}

