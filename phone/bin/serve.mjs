#!/usr/bin/env node
// @ts-check
// Any mini program on the phone's page. Its requests go where the routes say; with a sandbox it can log in and pay.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { identify, openFolder } from '../demo/house.js'
import { freePort } from '../demo/ports.js'
import { Processes } from '../demo/processes.js'
import { UsageError, parseOrExplain, runMain } from '../demo/usage.js'
import { servePage } from '../hosts/browser/server.js'
import { parseRoutes } from '../hosts/net.js'
import { WeChat, noWeChat } from '../hosts/wechat.js'

const HELP = 'serve.mjs PATH_TO_MINIPROGRAM [--route https://HOST=http://127.0.0.1:PORT]... [--bin-dir DIR] [--port N] [--keep DIR]'
const DEFAULT_PORT = '8780'

const processes = new Processes()
let remove = () => {}

runMain('phone', async () => {
  const options = readOptions()
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve(0))
  })
  try {
    return await Promise.race([interrupted, serve(options)])
  } finally {
    await processes.stopAll()
    remove()
  }
})

/** @param {ReturnType<typeof readOptions>} options @returns {Promise<never>} */
async function serve({ directory, routes, binDir, port, keep }) {
  // Asked for before anything is started or written, so that a taken port leaves nothing behind.
  const [pagePort, sandboxPort] = [await freePort(port), await freePort(port + 1)]
  const program = binDir === undefined ? undefined : join(resolve(binDir), 'wx-checkout-sandbox')
  const house = program !== undefined && existsSync(program) ? await withSandbox(program, { keep, sandboxPort, routes }) : { id: resolve(directory), wechat: noWeChat, route: routes }
  const { address } = await servePage({ port: pagePort, shop: directory, house })
  process.stdout.write(`The mini program is open: ${address} (simulated phone / 模拟手机; stop with Ctrl-C)\n`)
  process.stdout.write('sandbox' in house
    ? `WeChat's side is ${house.sandbox}: your server takes its keys and appid from ${house.directory}/sandbox.json\n`
    : 'There is no sandbox (./build.sh demo builds one): wx.login and wx.requestPayment fail\n')
  return new Promise(() => {})
}

/** @param {string} program @param {{keep: string | undefined, sandboxPort: number, routes: string[]}} options */
async function withSandbox(program, { keep, sandboxPort, routes }) {
  const folder = openFolder(keep)
  remove = folder.remove
  const directory = folder.path
  // Notifications find the merchant's server where the requests find it.
  const deliver = routes.flatMap((route) => ['--deliver', route])
  const sandbox = await processes.startServer('the sandbox', program, ['serve', '--dir', directory, '--port', String(sandboxPort), ...deliver])
  const { users } = JSON.parse(readFileSync(join(directory, 'sandbox.json'), 'utf8'))
  return { id: identify(directory), wechat: new WeChat(sandbox, users[0].openid), route: routes, sandbox, directory }
}

function readOptions() {
  const { values, positionals } = parseOrExplain(() => parseArgs({
    allowPositionals: true,
    options: {
      route: { type: 'string', multiple: true, default: [] },
      'bin-dir': { type: 'string' },
      port: { type: 'string', default: DEFAULT_PORT },
      keep: { type: 'string' },
    },
  }), HELP)
  const [directory] = positionals
  if (positionals.length !== 1) throw new UsageError(`usage: ${HELP}`)
  if (!existsSync(join(directory, 'app.json'))) throw new UsageError(`${directory} is no mini program: it has no app.json; name the folder that has one`)
  try {
    parseRoutes(values.route)
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message)
  }
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_534) throw new UsageError(`--port ${values.port} is no port; choose a number from 1 to 65534`)
  return { directory, routes: values.route, binDir: values['bin-dir'], port, keep: values.keep }
}
