// @ts-check
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Screen } from '../drive/screen.js'
import { startPhone } from '../hosts/jsdom.js'
import { storageDirectory } from '../hosts/storage-directory.js'

export const FIXTURE = fileURLToPath(new URL('fixture', import.meta.url))

/** @param {import('node:test').TestContext} t */
export function temporaryDirectory(t) {
  const path = mkdtempSync(join(tmpdir(), 'wx-phone-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/**
 * The fixture mini program with some files replaced or added.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} files
 */
export function program(t, files = {}) {
  const directory = temporaryDirectory(t)
  cpSync(FIXTURE, directory, { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  return directory
}

/**
 * A phone running `directory`. `globals` of the running page are reached through `wx`, which a page of
 * the test hands out.
 * @param {import('node:test').TestContext} t
 * @param {string} directory
 * @param {Partial<Parameters<typeof startPhone>[0]>} [parts]
 */
export function boot(t, directory, parts = {}) {
  /** @type {Record<string, any>[]} */
  const events = []
  const phone = startPhone({
    directory,
    routes: new Map(),
    storage: storageDirectory(temporaryDirectory(t)),
    login: async () => 'a-code',
    openSheet: async () => 'requestPayment:ok',
    report: (event) => events.push(event),
    ...parts,
  })
  t.after(() => phone.close())
  return { phone, events, screen: new Screen(phone) }
}

/**
 * Runs `code`, the body of an async function, as page code: with wx, WXWebAssembly and what else a page
 * sees. Resolves to what it returns, copied as JSON.
 * @param {import('node:test').TestContext} t
 * @param {string} code
 * @param {Partial<Parameters<typeof startPhone>[0]> & {files?: Record<string, string>}} [parts]
 */
export async function asPage(t, code, { files = {}, ...parts } = {}) {
  const directory = program(t, {
    ...files,
    'pages/index/index.wxml': '<view class="answer">{{answer}}</view>',
    'pages/index/index.js': `Page({
      data: { answer: '' },
      call(name, options) { return new Promise(resolve => wx[name]({ ...options, success: r => resolve({ success: r }), fail: r => resolve({ fail: r }) })) },
      onLoad() {
        const run = async () => { const call = this.call; ${code} }
        run().then(value => ({ value }), error => ({ error: String(error && error.message || error.errMsg || error) })).then(answer => this.setData({ answer: JSON.stringify(answer) }))
      },
    })`,
  })
  const booted = boot(t, directory, parts)
  const text = await booted.screen.until('the page to answer', () => booted.phone.window.document.querySelector('.answer').textContent, 20_000)
  const { value, error } = JSON.parse(text)
  if (error !== undefined) throw new Error(error)
  return value
}

/**
 * A server that answers as `handle` says.
 * @param {import('node:test').TestContext} t
 * @param {http.RequestListener} handle
 * @returns {Promise<string>} address
 */
export async function serve(t, handle) {
  const server = http.createServer(handle)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`
}
