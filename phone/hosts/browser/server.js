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

const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' }
/** Files of the page, by address. */
const FILES = new Map([
  ['/', 'shell.html'],
  ...['frame.html', 'built-in.css', 'shell.css', 'phone.css', 'timeline.css'].map(own),
  ...['shell', 'app', 'chrome', 'cover', 'describe', 'dialog', 'host', 'mask', 'network', 'sheet', 'storage', 'texts', 'timeline'].map((name) => own(`${name}.js`)),
])
/**
 * The frame holds the mini program: nothing comes from elsewhere into it and nothing made of text becomes
 * code but what the phone itself puts there, before it takes that ability away.
 */
const FRAME_POLICY = "default-src 'none'; script-src 'unsafe-eval' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self' data:; base-uri 'none'; form-action 'none'"
/** A browser keeps a request open for so long, to hear of what happens at once. */
const WAIT_SECONDS = 20

/**
 * Serves the page with the phone. The page's server is the phone's network as well: a browser could not
 * send requests in the name of another host.
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.shop the mini program's folder
 * @param {{id: string, wechat: import('../wechat.js').WeChatSide, route: string[]}} options.house
 * @returns {Promise<{address: string, close: () => void}>}
 */
export async function servePage({ port, shop, house }) {
  const { wechat } = house
  const routes = parseRoutes(house.route.filter((part) => part !== '--route'))
  const runtime = runtimeBundle()
  const builtIns = builtInTemplates()

  /** @type {Record<string, (request: http.IncomingMessage, url: URL, response: http.ServerResponse) => Promise<Answer> | Answer>} */
  const answers = {
    'GET /runtime.js': () => ({ type: 'text/javascript; charset=utf-8', body: runtime }),
    'GET /house.json': async () => json({ id: house.id, name: programName(shop), seen: await wechat.seen() }),
    'GET /source': (_, url) => json(excerpt(shop, url.searchParams.get('path') ?? '', Number(url.searchParams.get('line')))),
    'GET /program.json': () => json(compiled(shop, builtIns)),
    'GET /package': (_, url) => ({ type: 'application/octet-stream', body: packageFile(shop, url.searchParams.get('path') ?? '') }),
    'GET /wechat-events': async (_, url) => json(await wechat.events(Number(url.searchParams.get('after')), WAIT_SECONDS)),
    'POST /login': () => told(async () => ({ code: await wechat.login() })),
    'POST /sheet': (request) => told(async () => ({ merchant: programName(shop), ...(await wechat.sheet((await body(request)).package)) })),
    'POST /pay': (request) => told(async () => {
      const { params, outcome } = await body(request)
      return { errMsg: await wechat.pay(params, outcome) }
    }),
    'POST /request': async (request, _, response) => {
      const sent = send(await body(request), routes)
      response.on('close', sent.abort)
      const answer = await sent.answer
      await wechat.learn(answer)
      return { type: 'application/json', body: answer }
    },
  }

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${port}`)
    try {
      if (!isOurs(request, port)) return reply(response, 403, { type: 'text/plain', body: 'this address is for the page of the demo on this machine only' })
      const file = FILES.get(url.pathname)
      if (request.method === 'GET' && file) return reply(response, 200, pageFile(file))
      const answer = answers[`${request.method} ${url.pathname}`]
      if (!answer) return reply(response, 404, { type: 'text/plain', body: 'no such address' })
      return reply(response, 200, await answer(request, url, response))
    } catch (error) {
      return reply(response, error instanceof ProgramError ? 404 : 500, { type: 'text/plain; charset=utf-8', body: /** @type {Error} */ (error).message })
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

/** @typedef {{type: string, body: string | Buffer, policy?: string}} Answer */

/** @param {object} value @returns {Answer} */
function json(value) {
  return { type: 'application/json', body: JSON.stringify(value) }
}

/** @param {string} name @returns {[string, string]} */
function own(name) {
  return [`/${name}`, name]
}

/** @param {string} name @returns {Answer} */
function pageFile(name) {
  const type = TYPES[/** @type {keyof typeof TYPES} */ (name.split('.')[1])]
  const body = readFileSync(fileURLToPath(new URL(name, import.meta.url)))
  return name === 'frame.html' ? { type, body, policy: FRAME_POLICY } : { type, body }
}

/** What WeChat's side refuses is an answer too, for the mini program to deal with. @param {() => Promise<object>} ask @returns {Promise<Answer>} */
async function told(ask) {
  try {
    return json(await ask())
  } catch (error) {
    return json({ refused: /** @type {Error} */ (error).message })
  }
}

/** Compiled at each launch, so that an edited program is seen. @param {string} shop @param {string} builtIns */
function compiled(shop, builtIns) {
  try {
    return { program: { ...compileProgram(shop), builtIns } }
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    const { file, line, reason } = error
    return { fault: { file, line, message: reason, source: line === undefined ? undefined : excerpt(shop, file, line) } }
  }
}

/** What the phone's home screen and the payment sheet call the program. @param {string} shop */
function programName(shop) {
  try {
    return openPackage(shop).json('app.json').window?.navigationBarTitleText || 'Mini program'
  } catch {
    return 'Mini program'
  }
}

/** The lines around one that is wrong. @param {string} shop @param {string} path @param {number} line */
function excerpt(shop, path, line) {
  const lines = openPackage(shop).text(path).split('\n')
  const first = Math.max(1, line - 2)
  return { first, lines: lines.slice(first - 1, line + 2).map((text) => text.slice(0, 400)) }
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
function reply(response, status, { type, body: content, policy }) {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...(policy && { 'content-security-policy': policy }) })
  response.end(content)
}
