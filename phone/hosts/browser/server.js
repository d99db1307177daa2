// @ts-check
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { compileProgram } from '../../compile/index.js'
import { ProgramError } from '../../compile/errors.js'
import { openPackage } from '../../compile/package.js'
import { parseRoutes, send } from '../net.js'
import { builtInTemplates, runtimeBundle } from '../runtime-bundle.js'

const LARGEST_BODY = 2 * 1024 * 1024

/** Files of the page, by address. */
const FILES = {
  '/': ['shell.html', 'text/html; charset=utf-8'],
  '/shell.css': ['shell.css', 'text/css; charset=utf-8'],
  '/shell.js': ['shell.js', 'text/javascript; charset=utf-8'],
  '/host.js': ['host.js', 'text/javascript; charset=utf-8'],
  '/timeline.js': ['timeline.js', 'text/javascript; charset=utf-8'],
  '/sheet.js': ['sheet.js', 'text/javascript; charset=utf-8'],
  '/frame.html': ['frame.html', 'text/html; charset=utf-8'],
  '/built-in.css': ['built-in.css', 'text/css; charset=utf-8'],
}

/**
 * Serves the page with the phone. The page's server is the phone's network as well: a browser could not
 * send requests in the name of another host.
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.shop the mini program's folder
 * @param {{id: string, wechat: import('../wechat.js').WeChat, sandbox: string, route: string[]}} options.house
 * @returns {Promise<{address: string, close: () => void}>}
 */
export async function servePage({ port, shop, house }) {
  const routes = parseRoutes(house.route.filter((part) => part !== '--route'))
  const runtime = runtimeBundle()
  const builtIns = builtInTemplates()

  /** @type {Record<string, (request: http.IncomingMessage, url: URL, response: http.ServerResponse) => Promise<Answer> | Answer>} */
  const answers = {
    'GET /runtime.js': () => ({ type: 'text/javascript; charset=utf-8', body: runtime }),
    'GET /house.json': () => json({ id: house.id }),
    'GET /program.json': () => json(compiled(shop, builtIns)),
    'GET /package': (_, url) => ({ type: 'application/octet-stream', body: packageFile(shop, url.searchParams.get('path') ?? '') }),
    'GET /wechat-events': async () => json(await (await fetch(`${house.sandbox}/_sandbox/events`)).json()),
    'POST /login': async () => json({ code: await house.wechat.login() }),
    'POST /pay': async (request) => {
      const { params, outcome } = await body(request)
      return json({ errMsg: await house.wechat.pay(params, outcome) })
    },
    'POST /request': async (request, _, response) => {
      const sent = send(await body(request), routes)
      response.on('close', sent.abort)
      return { type: 'application/json', body: await sent.answer }
    },
  }

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${port}`)
    try {
      if (!isOurs(request, port)) return reply(response, 403, { type: 'text/plain', body: 'this address is for the page of the demo on this machine only' })
      const file = /** @type {Record<string, string[]>} */ (FILES)[url.pathname]
      if (request.method === 'GET' && file) return reply(response, 200, { type: file[1], body: readFileSync(fileURLToPath(new URL(file[0], import.meta.url))) })
      const answer = answers[`${request.method} ${url.pathname}`]
      if (!answer) return reply(response, 404, { type: 'text/plain', body: 'no such address' })
      return reply(response, 200, await answer(request, url, response))
    } catch (error) {
      return reply(response, 500, { type: 'text/plain; charset=utf-8', body: /** @type {Error} */ (error).message })
    }
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(undefined))
  })
  return {
    address: `http://127.0.0.1:${port}/`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** @typedef {{type: string, body: string | Buffer}} Answer */

/** @param {object} value @returns {Answer} */
function json(value) {
  return { type: 'application/json', body: JSON.stringify(value) }
}

/** Compiled at each launch, so that an edited program is seen. @param {string} shop @param {string} builtIns */
function compiled(shop, builtIns) {
  try {
    return { program: { ...compileProgram(shop), builtIns } }
  } catch (error) {
    if (error instanceof ProgramError) return { error: error.message }
    throw error
  }
}

/** @param {string} shop @param {string} path */
function packageFile(shop, path) {
  const bytes = openPackage(shop).bytes(path)
  return path.endsWith('.br') ? brotliDecompressSync(bytes) : bytes
}

/** Another site open in the same browser must not pay or log in here. @param {http.IncomingMessage} request @param {number} port */
function isOurs(request, port) {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  const { host, origin } = request.headers
  return hosts.includes(host ?? '') && (origin === undefined || hosts.some((one) => origin === `http://${one}`))
}

/** @param {http.IncomingMessage} request @returns {Promise<any>} */
async function body(request) {
  let size = 0
  /** @type {Buffer[]} */
  const parts = []
  for await (const part of request) {
    size += part.length
    if (size > LARGEST_BODY) throw new Error('the body is too large')
    parts.push(part)
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'))
}

/** @param {http.ServerResponse} response @param {number} status @param {Answer} answer */
function reply(response, status, { type, body: content }) {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(content)
}
